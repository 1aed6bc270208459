package io.tidemark.restore;

/**
 * What a restore wrote.
 *
 * @param bytes of all files
 * @param reusedBytes of these, what was right in the directory already
 * @param removedFiles files that did not belong there
 */
public record RestoredFiles(long files, long bytes, long reusedBytes, long removedFiles) {}
