package io.tidemark.analytics;

/**
 * A column's type at the source, and what it becomes in the target. What need not exist there
 * becomes text: enums (new values of which would stop everything), composites, ranges of users'
 * own, types of extensions that the target has not. Domains become what they are made of.
 *
 * @param oid at the source
 * @param modifier pg_attribute.atttypmod at the source
 * @param source as format_type prints it, with modifiers
 * @param target as the target's DDL has it
 * @param isComparable whether {@code =} of the target's type tells different values apart; else
 *     their text does
 * @param isBinary whether both servers have one binary form of it, in COPY
 * @param binaryOid of the built-in type in whose binary form pgoutput sends its values: itself,
 *     what a domain is made of, text of an enum; zero: none that the target could be given
 */
record ColumnType(
    int oid,
    int modifier,
    String source,
    String target,
    boolean isComparable,
    boolean isBinary,
    int binaryOid) {}
