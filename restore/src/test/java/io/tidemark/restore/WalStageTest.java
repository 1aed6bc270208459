package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WalStageTest {
  private static final String NAME = "000000010000000000000007";

  @TempDir Path data;
  private Path home = Path.of("");

  @BeforeEach
  void makeDirectory() throws IOException {
    home = Files.createDirectories(data.resolve("pg_wal")).resolve("tidemark");
  }

  /** Whoever takes an answer may ask for the same name at once. */
  @RepeatedTest(100)
  void losesNoQuestionThatFollowsAnAnswer() throws Exception {
    WalStage stage = WalStage.of(data);
    Path want = Files.createFile(home.resolve("want").resolve(NAME));
    Path answer = home.resolve("stage").resolve(NAME + ".absent");
    Thread fetcher =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    stage.putAbsent(NAME);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    while (!Files.exists(answer) && fetcher.isAlive()) {
      Thread.onSpinWait();
    }
    Files.delete(answer);
    Files.write(want, new byte[0]);
    fetcher.join();

    assertThat(stage.wanted()).containsExactly(NAME);
  }

  @Test
  void showsNothingOfAFileBeforeItIsWhole() throws IOException {
    WalStage stage = WalStage.of(data);
    try (WalStage.Staging staging = stage.begin(NAME)) {
      staging.write(ByteBuffer.allocate(1 << 20));
      assertThat(stage.staged()).isEmpty();
      staging.write(ByteBuffer.allocate(1 << 20));
      staging.commit();
    }
    assertThat(stage.staged()).containsExactly(NAME);
    assertThat(stage.length(NAME)).isEqualTo(2 << 20);
  }

  @Test
  void leavesNothingOfAFileThatWasGivenUp() throws IOException {
    WalStage stage = WalStage.of(data);
    try (WalStage.Staging staging = stage.begin(NAME)) {
      staging.write(ByteBuffer.allocate(1 << 20));
    }
    assertThat(home.resolve("stage")).isEmptyDirectory();
  }
}
