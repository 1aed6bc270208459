package io.tidemark.restore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A segment in a standby's pg_wal, such as it has received it. PostgreSQL replaces it by what
 * restore_command gives (KeepFileRestoredFromArchive in xlogarchive.c), also where that is less.
 */
final class ReceivedWal {
  private static final int PIECE = 64 << 10;

  private ReceivedWal() {}

  /**
   * Whether the file goes on where the archive has come to its end: then giving it what is archived
   * would take away WAL that it has received, and may have acknowledged.
   *
   * @param archived a whole segment's length, zeros after its end; its position is not moved
   */
  static boolean goesBeyond(Path file, ByteBuffer archived) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) < archived.remaining()) {
      return false;
    }
    int differs = mismatch(file, archived);
    return differs >= 0 && isZeroFrom(archived, differs);
  }

  /** Where the first byte differs; -1 where none does. */
  private static int mismatch(Path file, ByteBuffer archived) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (int at = 0; at < archived.remaining(); ) {
        piece.clear().limit(Math.min(PIECE, archived.remaining() - at));
        if (channel.read(piece) < 0) {
          return at;
        }
        piece.flip();
        int differs = piece.mismatch(archived.slice(archived.position() + at, piece.limit()));
        if (differs >= 0) {
          return at + differs;
        }
        at += piece.limit();
      }
    }
    return -1;
  }

  private static boolean isZeroFrom(ByteBuffer archived, int from) {
    for (int i = archived.position() + from; i < archived.limit(); i++) {
      if (archived.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
