package io.tidemark.repository;

/**
 * A pack of a backup.
 *
 * @param number 1 or more
 */
public record PackName(BackupName backup, int number) {}
