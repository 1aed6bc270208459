package io.tidemark.repository;

/**
 * A completed backup in figures.
 *
 * @param files regular files
 * @param bytes their size in all
 * @param storedBytes what its own packs take in the store
 * @param packs its own packs
 */
public record BackupTotals(long files, long bytes, long storedBytes, int packs) {}
