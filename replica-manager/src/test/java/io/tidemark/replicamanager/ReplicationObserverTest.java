package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.SlotName;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicationObserverTest {
  @ParameterizedTest(name = "PostgreSQL {0}")
  @ValueSource(ints = {15, 18})
  void observesARealServerAndComesBackAfterItsRestart(int major) {
    try (TestCluster cluster =
            TestCluster.builder(PostgresBinaries.of(major)).fsync(false).start();
        ReplicationObserver observer =
            new ReplicationObserver(
                endpoint(cluster),
                List.of(new SlotName("kept"), new SlotName("absent")),
                Optional.of(cluster.data().resolve("pg_wal")))) {
      cluster.sql("SELECT pg_create_physical_replication_slot('kept', true)");

      ReplicationView first = observer.step();
      cluster.sql("CREATE TABLE t AS SELECT generate_series(1, 50000)");
      ReplicationView second = observer.step();

      assertThat(first.inRecovery()).isFalse();
      assertThat(first.keepLimit()).isEqualTo(KeepLimit.NONE);
      assertThat(first.bytesPerSecond()).isEmpty();
      assertThat(health(first).get("absent")).isEqualTo(new SlotHealth.Missing());
      assertThat(health(first).get("kept"))
          .isInstanceOfSatisfying(
              SlotHealth.Inactive.class, slot -> assertThat(slot.unbounded()).isTrue());
      assertThat(second.current()).isGreaterThan(first.current());
      assertThat(second.bytesPerSecond().orElse(0)).isPositive();
      assertThat(second.slots().getLast().retainedBytes()).isEmpty();
      assertThat(second.slots().getFirst().retainedBytes().orElse(0)).isPositive();

      cluster.stop();
      assertThatThrownBy(observer::step).isInstanceOf(PostgresException.class);
      cluster.start();
      assertThat(observer.step().current()).isGreaterThanOrEqualTo(second.current());
    }
  }

  private static Map<String, SlotHealth> health(ReplicationView view) {
    return view.slots().stream()
        .collect(Collectors.toMap(slot -> slot.name().name(), SlotView::health));
  }

  private static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
            new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user())
        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10));
  }
}
