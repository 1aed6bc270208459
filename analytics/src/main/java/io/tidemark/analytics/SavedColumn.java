package io.tidemark.analytics;

/**
 * A column as it was when the table was copied or last changed.
 *
 * @param relation the oid of the table that it was of; zero: unknown
 * @param isDropped whether the source has it no more
 */
record SavedColumn(
    TableName table,
    int relation,
    int number,
    String source,
    String configured,
    String target,
    int sourceType,
    int sourceModifier,
    String type,
    boolean isDropped) {}
