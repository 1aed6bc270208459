package io.tidemark.backup;

import io.tidemark.postgres.PageVerdict;
import io.tidemark.postgres.PageVerifier;
import io.tidemark.postgres.RelationFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads pieces of files and verifies the pages in them. A page that the server is writing at this
 * moment can be read torn; it is read again until it is whole, or until the tries are used up.
 */
final class PageReader {
  private static final int TRIES = 20;
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final Optional<PageVerifier> verifier;
  private final Damages damages = new Damages();

  /** Without a verifier, pages are not looked at. */
  PageReader(Optional<PageVerifier> verifier) {
    this.verifier = verifier;
  }

  /** What was found damaged. */
  Damages damages() {
    return damages;
  }

  /**
   * Reads from {@code offset} on into what remains of {@code piece}, less where the file ends.
   *
   * @param piece from its start; its position is then after what was read
   * @param scratch as long as the piece: pages are looked at there
   * @return how many bytes
   */
  int read(SourceFile file, FileChannel channel, long offset, ByteBuffer piece, byte[] scratch)
      throws IOException {
    int read = readFully(channel, offset, piece);
    Optional<RelationFile> relation = RelationFile.parse(file.path());
    if (verifier.isPresent() && relation.isPresent() && relation.get().hasChecksums()) {
      piece.get(0, scratch, 0, read);
      verify(verifier.get(), file.path(), relation.get(), channel, offset, piece, scratch, read);
    }
    return read;
  }

  private void verify(
      PageVerifier pages,
      String path,
      RelationFile relation,
      FileChannel channel,
      long offset,
      ByteBuffer piece,
      byte[] bytes,
      int length)
      throws IOException {
    int pageBytes = pages.pageBytes();
    for (int at = 0; at + pageBytes <= length; at += pageBytes) {
      long block = relation.firstBlock() + (offset + at) / pageBytes;
      PageVerdict verdict = pages.verify(bytes, at, block);
      if (!isWhole(verdict)) {
        verdict = readAgain(pages, channel, offset + at, bytes, at, block);
        piece.put(at, bytes, at, pageBytes);
        damages.note(path, block, verdict);
      }
    }
  }

  /** Until it is whole; where a whole disk is damaged, each page does not get all the tries. */
  private PageVerdict readAgain(
      PageVerifier pages, FileChannel channel, long offset, byte[] bytes, int at, long block)
      throws IOException {
    PageVerdict verdict = pages.verify(bytes, at, block);
    int tries = damages.isMany() ? 1 : TRIES;
    for (int i = 0; i < tries && !isWhole(verdict); i++) {
      LockSupport.parkNanos(PAUSE.toNanos());
      readFully(channel, offset, ByteBuffer.wrap(bytes, at, pages.pageBytes()));
      verdict = pages.verify(bytes, at, block);
    }
    return verdict;
  }

  private static boolean isWhole(PageVerdict verdict) {
    return verdict instanceof PageVerdict.Valid || verdict instanceof PageVerdict.New;
  }

  private static int readFully(FileChannel channel, long offset, ByteBuffer into)
      throws IOException {
    int read = 0;
    while (into.hasRemaining()) {
      int count = channel.read(into, offset + read);
      if (count < 0) {
        return read;
      }
      read += count;
    }
    return read;
  }
}
