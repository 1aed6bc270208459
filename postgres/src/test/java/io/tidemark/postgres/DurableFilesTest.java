package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
  @TempDir Path directory;

  @Test
  void aFileIsReplacedWithItsModeAndNothingElseStays() throws IOException {
    Path file = directory.resolve("file");
    DurableFiles.write(file, "old".getBytes(UTF_8), DurableFiles.GROUP_READABLE);
    DurableFiles.write(file, "new".getBytes(UTF_8), DurableFiles.PRIVATE);
    assertThat(file).hasContent("new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertOnly("file");
  }

  @Test
  void aModeHoldsAgainstTheUmask() throws IOException {
    Path file = directory.resolve("file");
    DurableFiles.write(file, new byte[0], PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-rw-rw-");
  }

  @Test
  void writeNewLeavesWhatIsThere() throws IOException {
    Path file = directory.resolve("file");
    assertThat(DurableFiles.writeNew(file, "first".getBytes(UTF_8), DurableFiles.PRIVATE)).isTrue();
    assertThat(DurableFiles.writeNew(file, "second".getBytes(UTF_8), DurableFiles.PRIVATE))
        .isFalse();
    assertThat(file).hasContent("first");
    assertOnly("file");
  }

  @Test
  void ofManyWritersOneWins() throws IOException, InterruptedException, ExecutionException {
    Path file = directory.resolve("file");
    List<Callable<Boolean>> writers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      byte[] content = ("writer " + i).getBytes(UTF_8);
      writers.add(() -> DurableFiles.writeNew(file, content, DurableFiles.PRIVATE));
    }
    int winner = -1;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = threads.invokeAll(writers);
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).get()) {
          assertThat(winner).isEqualTo(-1);
          winner = i;
        }
      }
    }
    assertThat(file).hasContent("writer " + winner);
    assertOnly("file");
  }

  @Test
  void aFileThatIsNotCommittedIsNotThere() throws IOException {
    try (PendingFile pending =
        DurableFiles.begin(directory.resolve("file"), DurableFiles.PRIVATE)) {
      pending.write(ByteBuffer.wrap(new byte[100_000]));
      try (Stream<Path> entries = Files.list(directory)) {
        assertThat(entries)
            .singleElement()
            .matches(p -> PendingFile.isTemporaryName(p.getFileName().toString()));
      }
    }
    assertOnly();
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    Files.createFile(target.resolve("content"));
    assertThatThrownBy(() -> DurableFiles.write(target, new byte[1], DurableFiles.PRIVATE))
        .isInstanceOf(IOException.class);
    assertOnly("target");
    assertThatThrownBy(
            () ->
                DurableFiles.write(
                    directory.resolve("missing/file"), new byte[1], DurableFiles.PRIVATE))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void renamesBetweenDirectoriesAndDeletes() throws IOException {
    Path a = directory.resolve("a");
    Path c = directory.resolve("b/c");
    DurableFiles.createDirectories(a, DurableFiles.PRIVATE_DIRECTORY);
    DurableFiles.createDirectories(c, DurableFiles.PRIVATE_DIRECTORY);
    DurableFiles.createDirectories(c, DurableFiles.PRIVATE_DIRECTORY);
    Path from = a.resolve("file");
    Path to = c.resolve("file");
    Files.writeString(from, "content");
    Files.writeString(to, "older");
    DurableFiles.rename(from, to);
    assertThat(from).doesNotExist();
    assertThat(to).hasContent("content");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(c)))
        .isEqualTo("rwx------");
    assertThat(DurableFiles.delete(to)).isTrue();
    assertThat(DurableFiles.delete(to)).isFalse();
  }

  @Test
  void manyThreadsCanCreateTheSameDirectory()
      throws IOException, InterruptedException, ExecutionException {
    Path wanted = directory.resolve("a/b/c/d");
    List<Callable<Boolean>> makers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      makers.add(
          () -> {
            DurableFiles.createDirectories(wanted, DurableFiles.PRIVATE_DIRECTORY);
            return Files.isDirectory(wanted);
          });
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> made : threads.invokeAll(makers)) {
        assertThat(made.get()).isTrue();
      }
    }
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> DurableFiles.createDirectories(file, DurableFiles.PRIVATE_DIRECTORY))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aTreeIsSyncedWithoutFollowingLinks() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/below"));
    Files.writeString(tree.resolve("file"), "content");
    Files.createSymbolicLink(tree.resolve("dangling"), directory.resolve("nowhere"));
    DurableFiles.fsyncTree(directory.resolve("tree"));
    assertThatThrownBy(() -> DurableFiles.fsyncTree(directory.resolve("nowhere")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private void assertOnly(String... names) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      assertThat(entries.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder(names);
    }
  }
}
