package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tidemark.config.ErrorCode;
import io.tidemark.replicamanager.ReplicaDecision.Refuse;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.PostgresBinaries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replicas of real servers, kept turn by turn. */
@Timeout(180)
class ReplicaManagerTest {
  @TempDir private Path home;

  @Test
  void makesAReplicaAndKeepsItAsItIsToBe() {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.of(PostgresBinaries.NEWEST))) {
      ReplicaSpec third = hosts.spec("third");

      // No configuring between: what the build writes is what is looked for.
      assertThat(hosts.stepsUntil(third, "nothing")).containsExactly("build", "start", "nothing");
      hosts.primary.sql("INSERT INTO t VALUES (2)");
      TwoHosts.awaitAnswer(third, "SELECT count(*) FROM t", "2");

      hosts.stop(third, "immediate");
      assertThat(hosts.stepsUntil(third, "nothing")).containsExactly("start", "nothing");

      hosts.stop(third, "fast");
      hosts.primary.sql("SELECT pg_drop_replication_slot('tidemark_replica_third')");
      assertThat(hosts.stepsUntil(third, "nothing"))
          .containsExactlyInAnyOrder("create-slot", "start", "nothing");
    }
  }

  @Test
  void appliesChangedSettingsAndRestartsOnlyForThoseThatNeedIt() {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.of(PostgresBinaries.OLDEST))) {
      hosts.stepsUntil(hosts.spec("third"), "nothing");
      String started = TwoHosts.ask(hosts.spec("third"), "SELECT pg_postmaster_start_time()");
      String common = "settings: {listen_addresses: 127.0.0.1, unix_socket_directories: /tmp, ";

      ReplicaSpec reloaded = hosts.spec("third", common + "work_mem: 9MB}");
      hosts.manager(reloaded);
      assertThat(hosts.stepsUntil(reloaded, "nothing")).containsExactly("configure", "nothing");
      assertThat(TwoHosts.ask(reloaded, "SHOW work_mem")).isEqualTo("9MB");
      assertThat(TwoHosts.ask(reloaded, "SELECT pg_postmaster_start_time()")).isEqualTo(started);

      ReplicaSpec restarted = hosts.spec("third", common + "work_mem: 9MB, max_connections: 77}");
      hosts.manager(restarted);
      assertThat(hosts.stepsUntil(restarted, "nothing")).containsExactly("configure", "nothing");
      assertThat(TwoHosts.ask(restarted, "SHOW max_connections")).isEqualTo("77");
    }
  }

  @Test
  void followsThePrimaryToAnotherHostAndLeavesAloneWhatWasPromoted() throws Exception {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.of(PostgresBinaries.NEWEST))) {
      ReplicaSpec second = hosts.spec("second");
      ReplicaSpec third = hosts.spec("third");
      hosts.stepsUntil(second, "nothing");
      hosts.stepsUntil(third, "nothing");

      hosts.primary.kill9();
      hosts.promote(second);

      assertThat(hosts.stepsUntil(third, "nothing")).contains("create-slot");
      TwoHosts.run(second, "INSERT INTO t VALUES (2)");
      TwoHosts.awaitAnswer(third, "SELECT count(*) FROM t", "2");
      assertThat(third.home().read().orElseThrow().wish()).isEqualTo(new Wish.Running());

      Set<String> before = files(second.directory());
      ReplicaReport refused = hosts.manager(second).step();
      assertThat(refused.decision())
          .isInstanceOfSatisfying(
              Refuse.class, no -> assertThat(no.why()).contains("somebody has promoted it"));
      hosts.stop(second, "fast");
      refused = hosts.manager(second).step();
      assertThat(refused.decision())
          .isInstanceOfSatisfying(
              Refuse.class, no -> assertThat(no.why()).contains("no standby.signal"));
      assertThat(files(second.directory())).containsAll(withoutPid(before));
    }
  }

  @Test
  @NeedsTool("pg_rewind")
  void rewindsAStandbyThatIsFartherThanTheNewPrimary() {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.debian().orElseThrow())) {
      ReplicaSpec third = hosts.spec("third");
      letGoFartherThanTheNewPrimary(hosts, third);

      assertThat(hosts.stepsUntil(third, "nothing")).contains("rewind");
      TwoHosts.awaitAnswer(third, "SELECT string_agg(n::text, ',' ORDER BY n) FROM t", "1,3");
    }
  }

  @Test
  void doesNotTryARewindAgainThatFailedUntilACommandChangedSomething() {
    PostgresBinaries binaries = PostgresBinaries.of(PostgresBinaries.NEWEST);
    assertThat(binaries.has("pg_rewind")).isFalse();
    try (TwoHosts hosts = new TwoHosts(home, binaries)) {
      ReplicaSpec third = hosts.spec("third");
      letGoFartherThanTheNewPrimary(hosts, third);
      ReplicaManager manager = hosts.manager(third);

      assertThat(failureOf(manager)).isEqualTo(ErrorCode.SOFTWARE_MISSING);
      for (int turn = 0; turn < 3; turn++) {
        assertThat(manager.step().decision())
            .isInstanceOfSatisfying(
                Refuse.class,
                no -> {
                  assertThat(no.why()).contains("the primary's timeline 2 left that", "pg_rewind");
                  assertThat(no.advice()).contains("tidemark replica create third");
                });
      }
      third.home().write(third.home().read().orElseThrow().with(new Wish.Running()));
      assertThat(failureOf(manager)).isEqualTo(ErrorCode.SOFTWARE_MISSING);
      assertThat(manager.step().decision()).isInstanceOf(Refuse.class);
    }
  }

  private static ErrorCode failureOf(ReplicaManager manager) {
    ReplicaReport[] last = new ReplicaReport[1];
    Awaitility.await()
        .atMost(TwoHosts.LIMIT)
        .until(
            () -> {
              last[0] = manager.step();
              return last[0].failure().isPresent();
            });
    assertThat(last[0].decision()).isInstanceOf(ReplicaDecision.Rewind.class);
    return last[0].failure().orElseThrow().code();
  }

  /** The second host has the new primary then. */
  private static void letGoFartherThanTheNewPrimary(TwoHosts hosts, ReplicaSpec third) {
    ReplicaSpec second = hosts.spec("second");
    hosts.stepsUntil(second, "nothing");
    hosts.stepsUntil(third, "nothing");

    hosts.stop(second, "fast");
    hosts.primary.sql("INSERT INTO t VALUES (2)");
    TwoHosts.awaitAnswer(third, "SELECT count(*) FROM t", "2");
    hosts.primary.kill9();
    hosts.stepsUntil(second, "start");
    hosts.promote(second);
    TwoHosts.run(second, "INSERT INTO t VALUES (3)");
  }

  @Test
  void aDirectoryThatIsNotOursIsLeftAlone() throws Exception {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.of(PostgresBinaries.NEWEST))) {
      ReplicaSpec third = hosts.spec("third", "auto-rebuild: true");
      Files.createDirectories(third.directory());
      Files.writeString(third.directory().resolve("mine"), "precious");

      ReplicaReport report = hosts.manager(third).step();

      assertThat(report.decision()).isInstanceOf(Refuse.class);
      assertThat(files(third.directory())).containsExactly("mine");
      assertThat(hosts.primary.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    }
  }

  @Test
  void aCommandThatWorksOnItKeepsTheDaemonOff() throws Exception {
    try (TwoHosts hosts = new TwoHosts(home, PostgresBinaries.of(PostgresBinaries.NEWEST))) {
      ReplicaSpec third = hosts.spec("third");
      ReplicaManager manager = hosts.manager(third);
      try (ReplicaHome.Lock _ = third.home().lock(Duration.ofSeconds(1))) {
        assertThat(manager.step().decision())
            .isEqualTo(new ReplicaDecision.Wait("a command works on it"));
      }
      assertThat(third.directory()).doesNotExist();
      assertThatCode(() -> third.home().read()).doesNotThrowAnyException();
    }
  }

  private static Set<String> withoutPid(Set<String> files) {
    return files.stream()
        .filter(name -> !name.startsWith("postmaster."))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> files(Path directory) throws Exception {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(path -> path.getFileName().toString())
          .collect(Collectors.toUnmodifiableSet());
    }
  }
}
