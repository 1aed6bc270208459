package io.tidemark.backup;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A regular file to be copied.
 *
 * @param path relative to the data directory, in a tablespace as if its link were a directory
 * @param location where it really is
 * @param size in bytes when it was listed; what it grows by later comes from the WAL
 */
record SourceFile(String path, Path location, long size, int mode, Instant modified) {}
