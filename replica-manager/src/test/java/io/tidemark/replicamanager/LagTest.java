package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every case in which a common query for lag lies, on real servers. */
@Timeout(120)
class LagTest {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration DELAY = Duration.ofSeconds(6);

  /** Of an age that is right: a period, and what a busy machine may take. */
  private static final Duration ALLOWED = Duration.ofSeconds(4);

  private static TestCluster primary;

  @TempDir Path directory;

  @BeforeAll
  static void start() {
    primary = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    primary.close();
  }

  @Test
  void tellsNoLagOfAStandbyOfAnIdlePrimary() {
    try (TestCluster standby = standby("idle", primary.port()).start();
        Scene scene = new Scene(standby, "idle", Optional.empty())) {
      scene.await(lag -> known(lag).compareTo(ALLOWED) < 0);
      Instant begin = Instant.now();
      waiting()
          .until(
              () -> {
                ReplicaLag lag = scene.look();
                assertThat(known(lag)).isLessThan(ALLOWED);
                assertThat(lag.catchUp()).isEqualTo(new CatchUp.Done());
                assertThat(lag.stages().send().orElseThrow())
                    .as("the last beat")
                    .isLessThan(10_000);
                return Duration.between(begin, Instant.now()).compareTo(ALLOWED.plus(PERIOD)) > 0;
              });
    }
  }

  @Test
  void tellsADelayedStandbysDistanceAndThatItsWindowIsGone() {
    try (TestCluster standby =
            standby("delayed", primary.port())
                .setting("recovery_min_apply_delay", DELAY.toSeconds() + "s")
                .start();
        Scene scene = new Scene(standby, "delayed", Optional.of(DELAY))) {
      ReplicaLag full =
          scene.await(lag -> lag.age().known().filter(age -> age.compareTo(DELAY) > 0).isPresent());
      assertThat(full.delayShort()).isFalse();
      Instant begin = Instant.now();
      waiting()
          .until(
              () -> {
                ReplicaLag lag = scene.look();
                assertThat(lag.delayShort()).isFalse();
                assertThat(lag.excess().orElseThrow()).isLessThan(ALLOWED);
                return Duration.between(begin, Instant.now()).compareTo(DELAY.dividedBy(2)) > 0;
              });

      standby.sql("ALTER SYSTEM SET recovery_min_apply_delay = 0", "SELECT pg_reload_conf()");

      ReplicaLag gone = scene.await(ReplicaLag::delayShort);
      assertThat(gone.excess().orElseThrow()).isNegative();
    }
  }

  @Test
  void seesAnAgeThatGrowsAndAnAbsenceWhereTheLinkIsCut() {
    try (TcpProxy link = TcpProxy.to(primary.port());
        TestCluster standby = standby("cut", link.port()).start();
        Scene scene = new Scene(standby, "cut", Optional.empty())) {
      scene.await(lag -> known(lag).compareTo(ALLOWED) < 0 && lag.stages().send().isPresent());
      link.down();

      ReplicaLag cut = scene.await(lag -> known(lag).compareTo(ALLOWED.multipliedBy(2)) > 0);
      assertThat(cut.stages().send()).as("of nobody there").isEmpty();
      assertThat(cut.stages().whole().orElse(0)).as("written meanwhile").isPositive();
      assertThat(scene.view.standby("cut")).isEmpty();

      link.pass();
      scene.await(lag -> known(lag).compareTo(ALLOWED) < 0);
      scene.await(_ -> scene.view.standby("cut").isPresent());
    }
  }

  @Test
  void saysThatItDoesNotKnowWhereTheHeartbeatIsSilentAtTheSource() {
    try (TestCluster standby = standby("silent", primary.port()).start();
        Scene scene = new Scene(standby, "silent", Optional.empty())) {
      scene.await(lag -> lag.age().known().isPresent());
      scene.beating = false;

      ReplicaLag silent = scene.await(lag -> lag.age().atLeast().isEmpty());
      assertThat(silent.age()).isInstanceOf(DataAge.Unknown.class);
      assertThat(scene.heartbeat.view().isSilent(Instant.now())).isTrue();

      scene.beating = true;
      scene.await(lag -> known(lag).compareTo(ALLOWED) < 0);
    }
  }

  @Test
  void beatsAgainAfterARestartOfTheServerAndRemembersItsBeatsAfterOneOfOurs() {
    Path file = directory.resolve("state/heartbeat/main");
    try (TestCluster server = TestCluster.start(15)) {
      BeatLog before;
      try (Heartbeat heartbeat = new Heartbeat("main", endpoint(server), PERIOD, file)) {
        heartbeat.step();
        server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        server.restart();
        assertThatThrownBy(heartbeat::step).isInstanceOf(PostgresException.class);
        heartbeat.step();
        assertThat(heartbeat.view().written()).as("waits for no standby").isEqualTo(2);
        assertThat(heartbeat.view().failures()).isEqualTo(1);
        assertThat(heartbeat.view().offset().orElseThrow().ahead().abs())
            .isLessThan(Duration.ofSeconds(1));
        before = heartbeat.view().log();
      }
      try (Heartbeat again = new Heartbeat("main", endpoint(server), PERIOD, file)) {
        assertThat(again.view().log()).isEqualTo(before);
        again.step();
        assertThat(again.view().log().spans()).hasSize(1);
      }
    }
  }

  @Test
  void tellsWhoOwnsSlotsAndWhatPinsTheHorizon() {
    try (TestCluster standby =
            standby("pins", primary.port()).setting("hot_standby_feedback", "on").start();
        Scene scene = new Scene(standby, "pins", Optional.empty())) {
      primary.sql(
          "SELECT pg_create_physical_replication_slot('tidemark_left', true)",
          "SELECT pg_create_physical_replication_slot('somebodys', true)");
      try {
        scene.await(
            _ ->
                scene.view.horizon().stream()
                    .anyMatch(
                        holder -> holder.name().equals("pins") && holder.transactions() >= 0));
        assertThat(scene.view.slots())
            .extracting(slot -> slot.name().name(), SlotView::owner)
            .containsExactlyInAnyOrder(
                tuple("tidemark_left", SlotOwner.NOBODY), tuple("somebodys", SlotOwner.NOBODY));
      } finally {
        primary.sql(
            "SELECT pg_drop_replication_slot('tidemark_left')",
            "SELECT pg_drop_replication_slot('somebodys')");
      }
    }
  }

  private static Duration known(ReplicaLag lag) {
    return lag.age().known().orElse(Duration.ofDays(1));
  }

  private static TestClusterBuilder standby(String name, int port) {
    return TestCluster.standbyOf(primary)
        .setting(
            "primary_conninfo",
            "host=127.0.0.1 port=%d user=postgres application_name=%s".formatted(port, name))
        .setting("wal_retrieve_retry_interval", "200ms")
        .setting("wal_receiver_status_interval", "1s");
  }

  private static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
            new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user())
        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10));
  }

  private static ConditionFactory waiting() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }

  /** One standby under observation, with the heartbeat that its age is told by. */
  private final class Scene implements AutoCloseable {
    final Heartbeat heartbeat =
        new Heartbeat("main", endpoint(primary), PERIOD, directory.resolve("beats"));
    private final ReplicationObserver observer =
        new ReplicationObserver(endpoint(primary), List.of(), Optional.empty());
    private final PostgresSession session;
    private final LagMeter meter;
    private final String name;
    private long beatenNanos = System.nanoTime() - PERIOD.toNanos();
    boolean beating = true;
    ReplicationView view = observer.step();

    Scene(TestCluster standby, String name, Optional<Duration> delay) {
      this.session = PostgresSession.open(endpoint(standby));
      this.name = name;
      this.meter = new LagMeter(delay, name);
    }

    ReplicaLag look() {
      if (beating && System.nanoTime() - beatenNanos >= PERIOD.toNanos()) {
        heartbeat.step();
        beatenNanos = System.nanoTime();
      }
      view = observer.step();
      return meter.next(
          Instant.now(),
          System.nanoTime(),
          Optional.of(facts()),
          new SourceFacts(
              Optional.of(view.current()),
              view.bytesPerSecond(),
              view.highBytesPerSecond(),
              view.standby(name)),
          Optional.of(heartbeat.view()));
    }

    private StandbyFacts facts() {
      return session
          .first(
              "SELECT pg_last_wal_replay_lsn() AS replayed,"
                  + " pg_last_xact_replay_timestamp() AS last_commit",
              row ->
                  new StandbyFacts(
                      row.optionalLsn("replayed"), row.optionalInstant("last_commit"), false))
          .orElseThrow();
    }

    ReplicaLag await(Predicate<ReplicaLag> seen) {
      return waiting().until(this::look, seen);
    }

    @Override
    public void close() {
      session.close();
      observer.close();
      heartbeat.close();
    }
  }
}
