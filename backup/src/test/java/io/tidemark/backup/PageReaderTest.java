package io.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageChecksum;
import io.tidemark.postgres.PageVerifier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PageReaderTest {
  private static final int PAGE = 8192;
  private static final Lsn BACKUP_START = new Lsn(0x5000000);
  private static final Lsn BACKUP_STOP = new Lsn(0x6000000);

  @TempDir Path directory;
  private final PageReader reader =
      new PageReader(Optional.of(new PageVerifier(BACKUP_START, PAGE)));

  @Test
  void acceptsPagesWhoseChecksumIsRight() throws IOException {
    byte[] read = read("base/5/100", page(0, 0x4000000), page(1, 0x4000000), new byte[PAGE]);

    assertThat(read).hasSize(3 * PAGE);
    assertThat(damaged()).isEmpty();
  }

  @Test
  void reportsAPageThatStaysDamaged() throws IOException {
    byte[] damaged = page(1, 0x4000000);
    damaged[4000] ^= 1;

    read("base/5/100.2", page(2 * 131072, 0x4000000), damaged);

    assertThat(damaged())
        .singleElement()
        .satisfies(
            page -> {
              assertThat(page.path()).isEqualTo("base/5/100.2");
              assertThat(page.block()).isEqualTo(2 * 131072 + 1);
              assertThat(page.reason()).contains("checksum").contains("0/4000000");
            });
  }

  @Test
  void acceptsATornPageThatReplayWillWriteAnew() throws IOException {
    byte[] torn = page(0, 0x5500000);
    torn[8000] ^= 1;

    read("base/5/100", torn);

    assertThat(damaged()).isEmpty();
  }

  @Test
  void reportsAPageThatClaimsToBeFromAfterTheBackup() throws IOException {
    byte[] impossible = page(0, 0x7000000);
    impossible[8000] ^= 1;

    read("base/5/100", impossible);

    assertThat(damaged())
        .singleElement()
        .satisfies(page -> assertThat(page.reason()).contains("after the end of the backup"));
  }

  @Test
  void readsATornPageAgainUntilItIsWhole() throws Exception {
    byte[] whole = page(0, 0x4000000);
    byte[] torn = whole.clone();
    torn[8000] ^= 1;
    Path file = directory.resolve("torn");
    Files.write(file, torn);
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(15));
                  overwrite(file, whole);
                });

    byte[] read = read("base/5/100", file, PAGE);
    writer.join();

    assertThat(read).isEqualTo(whole);
    assertThat(damaged()).isEmpty();
  }

  @Test
  void doesNotLookForPagesInOtherFiles() throws IOException {
    read("pg_xact/0000", new byte[] {1, 2, 3});

    assertThat(damaged()).isEmpty();
  }

  private List<DamagedPage> damaged() {
    reader.damages().judge(BACKUP_STOP);
    return reader.damages().pages();
  }

  private byte[] read(String path, byte[]... pages) throws IOException {
    Path file = directory.resolve("file");
    int length = 0;
    try (var out = Files.newOutputStream(file)) {
      for (byte[] page : pages) {
        out.write(page);
        length += page.length;
      }
    }
    return read(path, file, length);
  }

  private byte[] read(String path, Path file, int length) throws IOException {
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20).limit(length);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int read =
          reader.read(
              new SourceFile(path, file, length, 0600, Instant.EPOCH),
              channel,
              0,
              piece,
              new byte[1 << 20]);
      byte[] bytes = new byte[read];
      piece.get(0, bytes);
      return bytes;
    }
  }

  private static void overwrite(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A page with some content, an LSN, and the checksum that it must have as {@code block}. */
  private static byte[] page(long block, long lsn) {
    ByteBuffer page = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
    page.putInt(0, (int) (lsn >>> 32)).putInt(4, (int) lsn);
    page.putShort(12, (short) 28).putShort(14, (short) PAGE).putShort(16, (short) PAGE);
    page.putShort(18, (short) (PAGE | 4)).putLong(4096, 0x1234_5678_9ABCL);
    page.putShort(8, (short) PageChecksum.of(page.array(), 0, PAGE, block));
    return page.array();
  }
}
