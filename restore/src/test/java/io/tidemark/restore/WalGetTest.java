package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assumptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the script with the sh of this machine, in a directory whose name is hard to quote. */
final class WalGetTest {
  private static final Logger LOG = LoggerFactory.getLogger(WalGetTest.class);
  private static final String NAME = "000000010000000000000007";

  @TempDir Path temporary;
  private Path data = Path.of("");
  private Path home = Path.of("");
  private Path target = Path.of("");

  /** What a call came to. */
  private record Called(int code, String output) {}

  @BeforeEach
  void makeDirectory() throws IOException {
    data = temporary.toRealPath().resolve("it's a \"data\" $directory");
    home = data.resolve("pg_wal/tidemark");
    target = data.resolve("pg_wal/RECOVERYXLOG");
    Files.createDirectories(data.resolve("pg_wal"));
  }

  @AfterEach
  void endFetchers() throws IOException {
    Path pids = home.resolve("fake.pids");
    if (Files.exists(pids)) {
      for (String pid : Files.readAllLines(pids)) {
        ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }

  private void install(WalGet.Mode mode, Path launcher, int patienceSeconds) {
    String command =
        new WalGet(
                launcher,
                Path.of("/etc/tide mark's.yaml"),
                "shop",
                mode,
                Duration.ofSeconds(patienceSeconds))
            .install(data);
    assertThat(command).isEqualTo(mode.restoreCommand()).startsWith("/bin/sh pg_wal/");
  }

  /** As if a fetcher ran, so that none is started: this process. */
  private void pretendFetcher() throws IOException {
    Files.writeString(home.resolve("fetcher.pid"), ProcessHandle.current().pid() + "\n");
  }

  private Process start(String name) throws IOException {
    return new ProcessBuilder("/bin/sh", "pg_wal/tidemark/wal-get", name, "pg_wal/RECOVERYXLOG")
        .directory(data.toFile())
        .redirectErrorStream(true)
        .start();
  }

  private static Called end(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Called(process.exitValue(), output);
  }

  private Called call(String name) throws IOException, InterruptedException {
    return end(start(name));
  }

  private void stage(String name, String content) throws IOException {
    // As a fetcher does: never half written under its name.
    Path half = home.resolve("half");
    Files.writeString(half, content);
    Files.move(half, home.resolve("stage").resolve(name));
  }

  private Process startAndAwaitWanted() throws Exception {
    Process process = start(NAME);
    awaitWanted();
    return process;
  }

  private void awaitWanted() {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> Files.exists(home.resolve("want").resolve(NAME)));
  }

  private Path launcher(String script) throws IOException {
    Path launcher = data.resolve("a launcher's name");
    Files.writeString(launcher, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    return launcher;
  }

  @Test
  void movesAStagedFileInAFewMilliseconds() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 10);
    int calls = 100;
    for (int i = 0; i < calls; i++) {
      stage("00000001000000000000%04X".formatted(i), "segment " + i);
    }
    long began = System.nanoTime();
    Process loop =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                "for f in pg_wal/tidemark/stage/*; do"
                    + " /bin/sh pg_wal/tidemark/wal-get \"${f##*/}\" pg_wal/RECOVERYXLOG || exit 3;"
                    + " done")
            .directory(data.toFile())
            .redirectErrorStream(true)
            .start();

    assertThat(end(loop)).isEqualTo(new Called(0, ""));
    double millis = (System.nanoTime() - began) / 1e6 / calls;
    LOG.info("a call takes {} ms", millis);
    assertThat(millis)
        .as("milliseconds a call, on a machine that does other things")
        .isLessThan(60);
    assertThat(target).hasContent("segment 99");
    assertThat(home.resolve("stage")).isEmptyDirectory();
  }

  @Test
  void waitsForAFileThatIsNotStagedYet() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 30);
    pretendFetcher();
    Process process = startAndAwaitWanted();
    stage(NAME, "segment");

    assertThat(end(process)).isEqualTo(new Called(0, ""));
    assertThat(target).hasContent("segment");
    assertThat(home.resolve("want")).isEmptyDirectory();
  }

  @Test
  void saysNoSuchFileOnlyWhenToldSoAfterItAsked() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 30);
    pretendFetcher();
    stage(NAME + ".absent", "");
    stage(NAME + ".open", "of an earlier time");
    stage(NAME + ".failed", "of an earlier time");
    Process process = startAndAwaitWanted();
    assertThat(process.isAlive()).isTrue();
    assertThat(home.resolve("stage")).isEmptyDirectory();
    stage(NAME + ".absent", "");

    assertThat(end(process)).isEqualTo(new Called(1, ""));
    assertThat(target).doesNotExist();
  }

  @Test
  void takesTheOpenSegmentThatItWasGiven() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 30);
    pretendFetcher();
    Process process = startAndAwaitWanted();
    stage(NAME + ".open", "so far");

    assertThat(end(process).code()).isZero();
    assertThat(target).hasContent("so far");
  }

  @Test
  void abortsRecoveryWhereTheArchiveWasNotReached() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 30);
    pretendFetcher();
    Process process = startAndAwaitWanted();
    stage(NAME + ".failed", "no route to store\n");

    Called called = end(process);
    assertThat(called.code()).isEqualTo(200);
    assertThat(called.output()).contains(NAME, "no route to store");
    assertThat(home.resolve("want")).isEmptyDirectory();
  }

  @Test
  void asksAgainOnAStandbyWhereTheArchiveWasNotReached() throws Exception {
    install(WalGet.Mode.STANDBY, Path.of("/none"), 30);
    pretendFetcher();
    Process process = startAndAwaitWanted();
    Files.delete(home.resolve("want").resolve(NAME));
    stage(NAME + ".failed", "no route to store\n");
    awaitWanted();
    stage(NAME, "segment");

    assertThat(end(process).code()).isZero();
  }

  @Test
  void endsTheWaitOfAStandbyWithoutEndingTheServer() throws Exception {
    install(WalGet.Mode.STANDBY, Path.of("/none"), 2);
    pretendFetcher();
    Process process = startAndAwaitWanted();
    stage(NAME + ".failed", "no route to store\n");

    Called called = end(process);
    assertThat(called.code()).isEqualTo(1);
    assertThat(called.output()).contains("no route to store");
  }

  @Test
  void doesNotHaveAStandbyWaitForEachSegmentWhileTheArchiveIsAway() throws Exception {
    install(WalGet.Mode.STANDBY, Path.of("/none"), 2);
    pretendFetcher();
    assertThat(call(NAME).code()).isEqualTo(1);
    install(WalGet.Mode.STANDBY, Path.of("/none"), 60);

    assertTimeout(Duration.ofSeconds(20), () -> assertThat(call(NAME).code()).isEqualTo(1));
    stage(NAME, "segment");
    assertThat(call(NAME).code()).isZero();
  }

  @Test
  void hasAStandbyWaitAgainLaterForAnArchiveThatWasAway() throws Exception {
    install(WalGet.Mode.STANDBY, Path.of("/none"), 30);
    pretendFetcher();
    Path unreached = Files.createFile(home.resolve("unreached"));
    Files.setLastModifiedTime(unreached, FileTime.from(Instant.now().minusSeconds(31)));
    Process process = startAndAwaitWanted();
    stage(NAME, "segment");

    assertThat(end(process).code()).isZero();
  }

  @Test
  void abortsRecoveryWhereNobodyAnswers() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 1);
    pretendFetcher();

    assertThat(call(NAME).code()).isEqualTo(200);
  }

  @Test
  void abortsRecoveryWhereNoFetcherCanBeStarted() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/no such/program"), 30);

    Called called = call(NAME);

    assertThat(called.code()).isEqualTo(200);
    assertThat(called.output()).contains("/no such/program");
  }

  @Test
  void startsAFetcherWhereNoneLives() throws Exception {
    Path launcher =
        launcher(
            """
            echo "$$" >>pg_wal/tidemark/fake.pids
            echo "$$" >pg_wal/tidemark/fetcher.pid
            printf '%s\\n' "$@" >pg_wal/tidemark/arguments
            while :; do
              for want in pg_wal/tidemark/want/*; do
                [ -f "$want" ] && echo "${want##*/}" >pg_wal/tidemark/half \\
                  && mv pg_wal/tidemark/half "pg_wal/tidemark/stage/${want##*/}"
              done
              sleep 0.05
            done
            """);
    install(WalGet.Mode.RESTORE, launcher, 60);
    // Of one that has died: the highest number that there can be is not in use.
    Files.writeString(home.resolve("fetcher.pid"), "4194304\n");

    assertThat(call(NAME)).isEqualTo(new Called(0, ""));
    assertThat(target).hasContent(NAME);
    assertThat(call("00000002.history").code()).isZero();
    assertThat(Files.readAllLines(home.resolve("arguments")))
        .isEqualTo(
            List.of(
                "wal-fetch",
                "--config",
                "/etc/tide mark's.yaml",
                "--data-directory",
                data.toString(),
                "--mode",
                "restore",
                "shop"));
    assertThat(Files.readAllLines(home.resolve("fake.pids"))).as("fetchers started").hasSize(1);
  }

  @Test
  void startsOneFetcherWhileThereIsStillSomethingStaged() throws Exception {
    Path launcher =
        launcher(
            """
            echo "$$" >>pg_wal/tidemark/fake.pids
            until [ -f go ]; do sleep 0.05; done
            echo "$$" >pg_wal/tidemark/fetcher.pid
            until [ -f pg_wal/tidemark/want/000000010000000000000007 ]; do sleep 0.05; done
            echo late >pg_wal/tidemark/half
            mv pg_wal/tidemark/half pg_wal/tidemark/stage/000000010000000000000007
            sleep 60
            """);
    install(WalGet.Mode.RESTORE, launcher, 60);
    stage("000000010000000000000005", "5");
    stage("000000010000000000000006", "6");

    assertThat(call("000000010000000000000005")).isEqualTo(new Called(0, ""));
    assertThat(target).hasContent("5");
    assertThat(call("000000010000000000000006")).isEqualTo(new Called(0, ""));
    Process waiting = start(NAME);
    awaitWanted();
    Files.createFile(data.resolve("go"));
    assertThat(end(waiting)).isEqualTo(new Called(0, ""));

    assertThat(target).hasContent("late");
    assertThat(Files.readAllLines(home.resolve("fake.pids"))).as("fetchers started").hasSize(1);
  }

  @Test
  void startsNoFetcherAgainAndAgainWhereItEndsAtOnce() throws Exception {
    install(WalGet.Mode.RESTORE, launcher("echo $$ >>pg_wal/tidemark/fake.pids; exit 10\n"), 60);
    for (int i = 0; i < 10; i++) {
      String name = "00000001000000000000000" + i;
      stage(name, "segment");
      assertThat(call(name).code()).isZero();
    }

    assertThat(Files.readAllLines(home.resolve("fake.pids"))).hasSize(1);
  }

  @Test
  void startsAFetcherWhereTheOneThatWasStartingDied() throws Exception {
    Path launcher =
        launcher(
            "echo found >pg_wal/tidemark/half && mv pg_wal/tidemark/half pg_wal/tidemark/stage/"
                + NAME
                + "\n");
    install(WalGet.Mode.RESTORE, launcher, 60);
    Files.writeString(home.resolve("starting"), "4194304\n");

    assertThat(call(NAME).code()).isZero();
  }

  @Test
  void startsTheFetcherOutsideOfPostgresProcessGroup() throws Exception {
    Path launcher =
        launcher(
            """
            echo "$$" >>pg_wal/tidemark/fake.pids
            read -r stat </proc/$$/stat
            echo "${stat##*) }" >pg_wal/tidemark/half
            mv pg_wal/tidemark/half pg_wal/tidemark/stage/%s
            """
                .formatted(NAME));
    install(WalGet.Mode.RESTORE, launcher, 60);
    Assumptions.assumeThat(Path.of("/usr/bin/setsid")).exists();

    assertThat(call(NAME).code()).isZero();
    // State, parent, process group, session.
    String[] stat = Files.readString(target).strip().split(" ", -1);
    String pid = Files.readString(home.resolve("fake.pids")).strip();
    assertThat(List.of(stat[2], stat[3])).containsExactly(pid, pid);
  }

  @Test
  void startsAnotherFetcherWhereTheFirstDies() throws Exception {
    Path launcher =
        launcher(
            """
            echo "$$" >>pg_wal/tidemark/fake.pids
            [ "$(wc -l <pg_wal/tidemark/fake.pids)" -ge 2 ] || exit 3
            echo found >pg_wal/tidemark/half && mv pg_wal/tidemark/half pg_wal/tidemark/stage/%s
            """
                .formatted(NAME));
    install(WalGet.Mode.RESTORE, launcher, 60);

    assertThat(call(NAME).code()).isZero();
    assertThat(Files.readAllLines(home.resolve("fake.pids"))).hasSize(2);
  }

  @Test
  void saysWhereToLookWhereFetchersEndAtOnce() throws Exception {
    install(WalGet.Mode.RESTORE, launcher("echo 'no such configuration' >&2; exit 10\n"), 60);

    Called called = call(NAME);

    assertThat(called.code()).isEqualTo(200);
    assertThat(called.output()).contains("ends at once", "fetcher.log");
    assertThat(home.resolve("fetcher.log")).content().contains("no such configuration");
  }

  @Test
  void doubtsAFetcherThatDoesNotAnswer() throws Exception {
    Path launcher =
        launcher(
            "echo found >pg_wal/tidemark/half && mv pg_wal/tidemark/half pg_wal/tidemark/stage/"
                + NAME
                + "\n");
    install(WalGet.Mode.RESTORE, launcher, 4);
    pretendFetcher(); // its number belongs to another process by now

    assertThat(call(NAME).code()).isZero();
  }

  @Test
  void refusesNamesThatLeadElsewhere() throws Exception {
    install(WalGet.Mode.RESTORE, Path.of("/none"), 30);

    for (String name : List.of("../../PG_VERSION", "", ".", "/etc/passwd")) {
      assertThat(call(name).code()).as(name).isEqualTo(200);
    }
    assertThat(home.resolve("want")).isEmptyDirectory();
  }
}
