package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DurableDirectoriesTest {
  private static final int TIMES = 100_000;

  @TempDir Path root;

  /** As a delete does with a directory that it has emptied: who makes it is to try again. */
  @Test
  void aDirectoryThatComesAndGoesIsNeverSaidToBeSomethingElse() throws Exception {
    DurableDirectories directories = new DurableDirectories(PosixSettings.of(root));
    Path busy = root.resolve("busy");
    AtomicBoolean done = new AtomicBoolean();
    Thread other = Thread.ofPlatform().start(() -> comeAndGo(busy, done));
    int made = 0;
    try {
      for (int i = 0; i < TIMES; i++) {
        try {
          directories.create(busy);
          made++;
        } catch (NoSuchFileException gone) {
          assertThat(gone.getFile()).isEqualTo(busy.toString());
        }
      }
    } finally {
      done.set(true);
      other.join();
    }
    assertThat(made).isPositive();
  }

  private static void comeAndGo(Path directory, AtomicBoolean done) {
    while (!done.get()) {
      try {
        Files.createDirectory(directory);
        Files.delete(directory);
      } catch (IOException e) {
        // The other was quicker.
        assertThat(e).isInstanceOfAny(FileAlreadyExistsException.class, NoSuchFileException.class);
        deleteQuietly(directory);
      }
    }
  }

  private static void deleteQuietly(Path directory) {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFileInTheWayIsSaidToBeThere() throws IOException {
    DurableDirectories directories = new DurableDirectories(PosixSettings.of(root));
    Path file = Files.createFile(root.resolve("file"));
    assertThatThrownBy(() -> directories.create(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
