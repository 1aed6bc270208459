package io.tidemark.restore;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file of which pieces are missing still; they are written by several threads. Says when it is
 * time to fsync it: whenever much has been written, so that the disk never rests, and at the end.
 */
final class UnfinishedFile {
  /** The disk is given this much of a file at a time. */
  static final long WRITE_OUT_BYTES = 64 << 20;

  private final Path path;
  private final AtomicInteger missing;
  private final AtomicLong written = new AtomicLong();

  /**
   * @param missing how many pieces will be written
   */
  UnfinishedFile(Path path, int missing) {
    this.path = path;
    this.missing = new AtomicInteger(missing);
  }

  Path path() {
    return path;
  }

  /** Notes that a piece has been written; says whether the file is to be fsynced now. */
  boolean wrote(int bytes) {
    long after = written.addAndGet(bytes);
    boolean much = after / WRITE_OUT_BYTES != (after - bytes) / WRITE_OUT_BYTES;
    return missing.decrementAndGet() == 0 || much;
  }
}
