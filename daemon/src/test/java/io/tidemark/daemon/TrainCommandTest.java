package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That it works at all: what it is good for, the launcher's tests and the benchmark show. */
class TrainCommandTest {
  @BeforeEach
  void pretendToHaveALauncher() {
    System.setProperty("tidemark.launcher", "/bin/true");
  }

  @AfterEach
  void pretendNoLonger() {
    System.clearProperty("tidemark.launcher");
  }

  @Test
  void runsItsCommandsInSilenceAndLeavesNothing() throws IOException {
    List<Path> before = leftovers();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    assertThat(Tidemark.run(new String[] {"train"}, print, print)).isZero();

    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(leftovers()).isEqualTo(before);
  }

  @Test
  void failsWhereWhatMustWorkDoesNot() throws IOException {
    System.clearProperty("tidemark.launcher");
    List<Path> before = leftovers();
    PrintStream print = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);

    assertThat(Tidemark.run(new String[] {"train"}, print, print)).isNotZero();

    assertThat(leftovers()).isEqualTo(before);
  }

  private static List<Path> leftovers() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("tidemark-train-"))
          .sorted()
          .toList();
    }
  }
}
