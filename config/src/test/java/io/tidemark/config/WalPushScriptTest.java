package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark wal-push} against a daemon that only speaks the protocol of files. */
class WalPushScriptTest {
  private static final String SEGMENT = "000000010000000000000001";

  @TempDir private Path directory;
  private Path requests;
  private Path answers;
  private Path alive;
  private Path dataDirectory;

  @BeforeEach
  void makeTheDaemonsDirectories() throws IOException {
    requests = Files.createDirectories(directory.resolve("run/wal-push/requests"));
    answers = Files.createDirectories(directory.resolve("run/wal-push/answers"));
    alive = Files.createFile(directory.resolve("run/wal-push/alive"));
    dataDirectory = directory.resolve("data with space");
    Files.createDirectories(dataDirectory.resolve("pg_wal"));
    Files.writeString(dataDirectory.resolve("pg_wal/" + SEGMENT), "wal");
  }

  private Shell.Result push(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("sh", Shell.root().resolve("tidemark").toString(), "wal-push"));
    command.addAll(List.of(arguments));
    // An unusable JAVA_HOME: no JVM is started by mistake.
    return Shell.run(
        dataDirectory,
        Map.of(
            "TIDEMARK_RUN_DIRECTORY",
            directory.resolve("run").toString(),
            "JAVA_HOME",
            "/nonexistent"),
        command);
  }

  /** Answers the first request that comes, and gives what it said. */
  private Thread daemon(String answer, Map<String, String> seen) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                Path request = awaitRequest();
                for (String line : Files.readAllLines(request)) {
                  seen.put(line.split("=", 2)[0], line.split("=", 2)[1]);
                }
                seen.put("name", request.getFileName().toString());
                String name = request.getFileName().toString().replace(".request", ".answer");
                Path draft = Files.writeString(answers.resolve("." + name), answer);
                Files.move(draft, answers.resolve(name), StandardCopyOption.ATOMIC_MOVE);
              } catch (IOException e) {
                seen.put("failure", e.toString());
              }
            });
  }

  private Path awaitRequest() {
    return Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                list(requests).stream()
                    .filter(path -> path.toString().endsWith(".request"))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.collect(Collectors.toList());
    }
  }

  private void leavesNothingBehind() throws IOException {
    assertThat(list(requests)).isEmpty();
    assertThat(list(answers)).isEmpty();
  }

  @Test
  void endsWithZeroWhenTheDaemonSaysOk() throws Exception {
    Map<String, String> seen = new ConcurrentHashMap<>();
    long before = Instant.now().getEpochSecond();
    Thread daemon = daemon("ok\n", seen);

    Shell.Result result = push("--cluster", "main", "pg_wal/" + SEGMENT);
    daemon.join();

    assertThat(result).isEqualTo(new Shell.Result(0, "", ""));
    assertThat(seen.get("name")).matches("main-" + SEGMENT + "-[0-9]+\\.request");
    assertThat(seen)
        .containsEntry("protocol", "1")
        .containsEntry("path", dataDirectory.toRealPath().resolve("pg_wal/" + SEGMENT).toString())
        .containsEntry("cluster", "main")
        .containsEntry("data-directory", dataDirectory.toRealPath().toString())
        .hasSize(6);
    assertThat(Long.parseLong(seen.getOrDefault("deadline", "0")))
        .isBetween(before + 60, before + 90);
    leavesNothingBehind();
  }

  @Test
  void printsTheDaemonsReasonAndFails() throws Exception {
    Map<String, String> seen = new ConcurrentHashMap<>();
    Thread daemon = daemon("failed\nthe store is unreachable\n  hint: wait\n", seen);

    Shell.Result result = push("pg_wal/" + SEGMENT);
    daemon.join();

    assertThat(result)
        .isEqualTo(
            new Shell.Result(
                1, "", "tidemark: wal-push: the store is unreachable\n  hint: wait\n"));
    assertThat(seen).containsEntry("cluster", "");
    assertThat(seen.get("name")).startsWith("default-" + SEGMENT);
    leavesNothingBehind();
  }

  @Test
  void anAnswerThatIsNotOkIsNeverSuccess() throws Exception {
    for (String answer : List.of("", "okay\n", "OK\n", "\nok\n")) {
      Thread daemon = daemon(answer, new ConcurrentHashMap<>());
      assertThat(push("pg_wal/" + SEGMENT).exitCode()).as("<%s>", answer).isEqualTo(1);
      daemon.join();
    }
  }

  @Test
  void failsAtOnceWithoutADaemon() throws Exception {
    Files.delete(alive);

    Shell.Result result = push("pg_wal/" + SEGMENT);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "tidemark: wal-push: no daemon has run with "
                + directory.resolve("run")
                + " (no wal-push/alive); start it: systemctl start tidemark\n");
    leavesNothingBehind();
  }

  @Test
  void failsAtOnceWhenTheDaemonIsSilentForHalfAMinute() throws Exception {
    Files.setLastModifiedTime(alive, FileTime.from(Instant.now().minusSeconds(100)));

    Shell.Result result = push("pg_wal/" + SEGMENT);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("gave no sign for 10").contains("expected one every 5 s");
    leavesNothingBehind();
  }

  @Test
  void failsWhenNoAnswerComesAndTakesItsRequestBack() throws Exception {
    Shell.Result result = push("--timeout=1", "pg_wal/" + SEGMENT);

    assertThat(result)
        .isEqualTo(
            new Shell.Result(
                1,
                "",
                "tidemark: wal-push: no answer for "
                    + SEGMENT
                    + " within 1 s; PostgreSQL will try again\n"));
    leavesNothingBehind();
  }

  @Test
  void takesItsRequestBackWhenItIsEnded() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                Shell.root().resolve("tidemark").toString(),
                "wal-push",
                "--run-directory",
                directory.resolve("run").toString(),
                "pg_wal/" + SEGMENT)
            .directory(dataDirectory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile())
            .start();
    awaitRequest();

    process.destroy();

    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    leavesNothingBehind();
  }

  @Test
  void refusesWhatItCannotHandOver() throws Exception {
    Map<List<String>, String> mistakes =
        Map.of(
            List.of(), "found no file; expected one: wal-push %p",
            List.of("a", "b"), "found a second file b; expected one: wal-push %p",
            List.of("pg_wal/none"), "there is no file ",
            List.of("pg_wal"), "there is no file ",
            List.of("--clutser", "x", "a"),
                "unknown option --clutser; expected --run-directory, --cluster or --timeout",
            List.of("--cluster", "../x", "a"), "found --cluster ../x; expected a name of",
            List.of("--timeout", "soon", "a"), "found --timeout soon; expected seconds",
            List.of("--timeout"), "--timeout needs a value",
            List.of("a\nb"), "found a line end in the file's name");
    for (Map.Entry<List<String>, String> mistake : mistakes.entrySet()) {
      Shell.Result result = push(mistake.getKey().toArray(new String[0]));
      assertThat(result.exitCode()).as("%s", mistake).isEqualTo(1);
      assertThat(result.err())
          .startsWith("tidemark: wal-push: " + mistake.getValue())
          .hasLineCount(1);
    }
    leavesNothingBehind();
  }
}
