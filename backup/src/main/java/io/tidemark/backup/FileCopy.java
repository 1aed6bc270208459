package io.tidemark.backup;

import io.tidemark.postgres.Crc32c;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One file on its way into the repository: it is copied in stretches, by several threads, in any
 * order. Guarded by itself.
 */
final class FileCopy {
  /** How much of a file one thread copies before it looks for the next work. */
  static final long STRETCH_BYTES = 32L << 20;

  private final SourceFile file;
  private final List<List<Frame>> stretches = new ArrayList<>();
  private boolean vanished;

  FileCopy(SourceFile file) {
    this.file = file;
    for (long at = 0; at == 0 || at < file.size(); at += STRETCH_BYTES) {
      stretches.add(List.of());
    }
  }

  SourceFile file() {
    return file;
  }

  int stretches() {
    return stretches.size();
  }

  synchronized void copied(int stretch, List<Frame> frames) {
    stretches.set(stretch, List.copyOf(frames));
  }

  /** The file was removed while it was being copied: replay removes it, too. */
  synchronized void vanished() {
    vanished = true;
  }

  /**
   * The file as stored, or empty if it vanished. A file that was cut while it was read counts up to
   * the first byte that was not there: replay cuts it, and writes anew whatever came later.
   */
  synchronized Optional<BackupFile> result() {
    if (vanished) {
      return Optional.empty();
    }
    List<Frame> frames = new ArrayList<>();
    long size = 0;
    int crc = 0;
    for (Frame frame : stretches.stream().flatMap(List::stream).toList()) {
      if (frame.fileOffset() != size) {
        break;
      }
      frames.add(frame);
      crc = size == 0 ? frame.crc32c() : Crc32c.combine(crc, frame.crc32c(), frame.rawLength());
      size += frame.rawLength();
    }
    return Optional.of(
        new BackupFile(file.path(), size, file.mode(), file.modified(), crc, frames));
  }
}
