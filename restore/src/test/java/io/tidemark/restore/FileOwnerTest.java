package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemark.testing.OsUser;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileOwnerTest {
  @TempDir Path directory;

  /** In Debian the group of nobody is called nogroup. */
  @Test
  void givesAFileToTheUsersOwnGroupWhateverItIsCalled() throws IOException {
    assumeThat(OsUser.forServers()).as("as root").isPresent();
    Path file = Files.createFile(directory.resolve("file"));

    FileOwner.find(directory, Optional.of("nobody"), Optional.empty()).orElseThrow().give(file);

    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(id("-u"));
    assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(id("-g"));
  }

  private static int id(String which) throws IOException {
    Process asked = new ProcessBuilder("id", which, "nobody").start();
    try (BufferedReader output = asked.inputReader(StandardCharsets.US_ASCII)) {
      return Integer.parseInt(output.readAllAsString().strip());
    }
  }
}
