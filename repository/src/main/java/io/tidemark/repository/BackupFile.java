package io.tidemark.repository;

import java.time.Instant;
import java.util.List;

/**
 * A regular file of a backup.
 *
 * @param path relative to the data directory; in a tablespace {@code pg_tblspc/<oid>/…}
 * @param size in bytes
 * @param mode permission bits, such as 0600
 * @param modified last modification
 * @param crc32c of the whole content
 * @param frames in ascending order of file offset, covering all of it
 */
public record BackupFile(
    String path, long size, int mode, Instant modified, int crc32c, List<Frame> frames) {
  public BackupFile {
    frames = List.copyOf(frames);
  }
}
