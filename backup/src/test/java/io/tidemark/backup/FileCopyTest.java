package io.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Crc32c;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.Frame;
import io.tidemark.repository.PackName;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FileCopyTest {
  private static final PackName PACK = new PackName(new BackupName("20261120T150212Z-full"), 1);
  private static final long STRETCH = FileCopy.STRETCH_BYTES;

  private final byte[] content = new byte[(int) STRETCH + 5000];

  FileCopyTest() {
    new Random(1).nextBytes(content);
  }

  @Test
  void joinsStretchesThatWereCopiedInAnyOrder() {
    FileCopy copy = fileOf(content.length);
    copy.copied(1, List.of(frame(STRETCH, content.length)));
    copy.copied(0, List.of(frame(0, STRETCH)));

    BackupFile file = copy.result().orElseThrow();

    assertThat(file.size()).isEqualTo(content.length);
    assertThat(file.crc32c()).isEqualTo(Crc32c.of(content));
    assertThat(file.frames()).hasSize(2);
  }

  @Test
  void endsAtTheFirstByteThatWasNotThereWhenTheFileWasCut() {
    FileCopy copy = fileOf(content.length);
    copy.copied(0, List.of(frame(0, 1000)));
    copy.copied(1, List.of(frame(STRETCH, content.length)));

    BackupFile file = copy.result().orElseThrow();

    assertThat(file.size()).isEqualTo(1000);
    assertThat(file.crc32c()).isEqualTo(Crc32c.of(Arrays.copyOf(content, 1000)));
    assertThat(file.frames()).hasSize(1);
  }

  @Test
  void leavesOutAFileThatVanished() {
    FileCopy copy = fileOf(10);
    copy.vanished();

    assertThat(copy.result()).isEmpty();
  }

  @Test
  void storesAnEmptyFileWithoutFrames() {
    FileCopy copy = fileOf(0);
    copy.copied(0, List.of());

    BackupFile file = copy.result().orElseThrow();

    assertThat(copy.stretches()).isEqualTo(1);
    assertThat(file.size()).isZero();
    assertThat(file.crc32c()).isZero();
    assertThat(file.frames()).isEmpty();
  }

  private static FileCopy fileOf(long size) {
    return new FileCopy(
        new SourceFile("base/5/1259", Path.of("unused"), size, 0600, Instant.EPOCH));
  }

  private Frame frame(long from, long to) {
    byte[] raw = Arrays.copyOfRange(content, (int) from, (int) to);
    return new Frame(from, raw.length, PACK, 100, raw.length, Crc32c.of(raw), 0);
  }
}
