package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresBinariesTest {
  @Test
  void unpacksOnceForManyAtATimeAndAgainWhatWasLeftHalfDone() throws Exception {
    try (TemporaryDirectory cache = TemporaryDirectory.create("cache-");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<PostgresBinaries> unpack = () -> PostgresBinaries.of(17, cache.path());
      var found = threads.invokeAll(IntStream.range(0, 4).mapToObj(i -> unpack).toList());
      for (var future : found) {
        assertThat(future.get().version()).startsWith("17.");
        assertThat(future.get().bin()).startsWith(cache.path());
      }
      try (var entries = Files.list(cache.path())) {
        assertThat(entries.filter(Files::isDirectory)).hasSize(1);
      }
      Path bin = found.getFirst().get().bin();
      Files.delete(bin.resolveSibling(".complete"));
      Files.delete(bin.resolve("postgres"));
      assertThat(PostgresBinaries.of(17, cache.path()).version()).startsWith("17.");
    }
  }

  @Test
  void goesElsewhereWhenServersCannotReachTheCache(@TempDir Path closed) throws IOException {
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    PostgresBinaries binaries = PostgresBinaries.of(18, closed.resolve("cache"));
    assertThat(binaries.version()).startsWith("18.");
    assertThat(binaries.bin().startsWith(closed)).isEqualTo(!OsUser.isRoot());
  }

  @Test
  void saysWhichMajorsThereAre() {
    assertThat(PostgresBinaries.majors()).containsExactly(15, 16, 17, 18);
    assertThatThrownBy(() -> PostgresBinaries.of(14)).hasMessageContaining("PostgreSQL 15 to 18");
  }
}
