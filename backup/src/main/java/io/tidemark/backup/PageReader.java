package io.tidemark.backup;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageVerdict;
import io.tidemark.postgres.PageVerifier;
import io.tidemark.postgres.RelationFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads pieces of files and verifies the pages in them. A page that the server is writing at this
 * moment can be read torn; it is read again until it is whole, or until the tries are used up.
 */
final class PageReader {
  private static final int TRIES = 20;
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final Optional<PageVerifier> verifier;
  private final Queue<DamagedPage> damaged = new ConcurrentLinkedQueue<>();
  private final Queue<FuturePage> acceptedAsLater = new ConcurrentLinkedQueue<>();

  private record FuturePage(DamagedPage page, Lsn lsn) {}

  /** Without a verifier, pages are not looked at. */
  PageReader(Optional<PageVerifier> verifier) {
    this.verifier = verifier;
  }

  /**
   * Reads {@code length} bytes from {@code offset} on into {@code piece}, fewer where the file
   * ends.
   *
   * @return how many
   */
  int read(SourceFile file, FileChannel channel, long offset, byte[] piece, int length)
      throws IOException {
    int read = readFully(channel, offset, ByteBuffer.wrap(piece, 0, length));
    Optional<RelationFile> relation = RelationFile.parse(file.path());
    if (verifier.isPresent() && relation.isPresent() && relation.get().hasChecksums()) {
      verify(verifier.get(), file.path(), relation.get(), channel, offset, piece, read);
    }
    return read;
  }

  private void verify(
      PageVerifier pages,
      String path,
      RelationFile relation,
      FileChannel channel,
      long offset,
      byte[] piece,
      int length)
      throws IOException {
    int pageBytes = pages.pageBytes();
    for (int at = 0; at + pageBytes <= length; at += pageBytes) {
      long block = relation.firstBlock() + (offset + at) / pageBytes;
      PageVerdict verdict = pages.verify(piece, at, block);
      for (int i = 0; i < TRIES && !isWhole(verdict); i++) {
        LockSupport.parkNanos(PAUSE.toNanos());
        readFully(channel, offset + at, ByteBuffer.wrap(piece, at, pageBytes));
        verdict = pages.verify(piece, at, block);
      }
      note(path, block, verdict);
    }
  }

  private static boolean isWhole(PageVerdict verdict) {
    return verdict instanceof PageVerdict.Valid || verdict instanceof PageVerdict.New;
  }

  private void note(String path, long block, PageVerdict verdict) {
    switch (verdict) {
      case PageVerdict.Valid _, PageVerdict.New _ -> {}
      case PageVerdict.Later later ->
          acceptedAsLater.add(
              new FuturePage(
                  new DamagedPage(
                      path,
                      block,
                      "wrong checksum, and a page LSN of "
                          + later.pageLsn()
                          + " that lies after the end of the backup"),
                  later.pageLsn()));
      case PageVerdict.Bad bad ->
          damaged.add(
              new DamagedPage(
                  path,
                  block,
                  "checksum %04X found, %04X expected, page LSN %s"
                      .formatted(bad.found(), bad.expected(), bad.pageLsn())));
    }
  }

  /**
   * The damaged pages, now that the end of the backup is known: a page that claims to be from after
   * it cannot have been changed by anything that replay will repair.
   */
  List<DamagedPage> damagedPages(Lsn stop) {
    acceptedAsLater.stream()
        .filter(page -> page.lsn().isAfter(stop))
        .forEach(page -> damaged.add(page.page()));
    acceptedAsLater.clear();
    return List.copyOf(damaged);
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
