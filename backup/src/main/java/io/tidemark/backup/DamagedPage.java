package io.tidemark.backup;

/**
 * A page whose checksum is wrong, read several times, and that replay does not repair.
 *
 * @param path the file, relative to the data directory
 * @param block the page's number in its relation's fork
 * @param reason what was found
 */
public record DamagedPage(String path, long block, String reason) {}
