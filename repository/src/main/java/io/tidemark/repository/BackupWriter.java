package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Writes one backup. Safe for use by many threads; each uses a {@link PackWriter} of its own. */
public final class BackupWriter {
  BackupWriter() {}

  public BackupName name() {
    throw new UnsupportedOperationException();
  }

  /** A writer for one thread; it puts a pack whenever about 32 MiB are together. */
  public PackWriter packWriter() {
    throw new UnsupportedOperationException();
  }

  /**
   * The stored frame of an interrupted run that holds exactly these bytes of this file, if any:
   * same path, offset, length, CRC-32C and xxHash64.
   */
  public Optional<Frame> stored(String path, long fileOffset, ByteBuffer raw) {
    throw new UnsupportedOperationException();
  }

  /**
   * Puts the manifest, which makes the backup exist. Every frame's pack must have been put.
   *
   * @return the manifest's totals as stored
   */
  public BackupTotals complete(Manifest manifest) {
    throw new UnsupportedOperationException();
  }
}
