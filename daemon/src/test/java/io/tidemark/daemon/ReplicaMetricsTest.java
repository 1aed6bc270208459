package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.Configuration;
import io.tidemark.replicamanager.ReplicaSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicaMetricsTest {
  private static final String FILE =
      """
      state-directory: /var/lib/tidemark
      repositories:
        repo: {type: posix, path: /srv/repo}
      clusters:
        main:
          repository: repo
          connection: {host: db1, user: tidemark}
      replicas:
        late: {cluster: main, kind: delayed, delay: 4h, directory: /srv/late, port: 5441}
        cold: {cluster: main, kind: archive-only, directory: /srv/cold, port: 5442}
      """;

  @Test
  void saysThatAReplicaIsExpectedAndNotThereBeforeItWasEverSeen() {
    Map<Metric, Double> told = told("late");

    assertThat(told)
        .containsEntry(Metric.REPLICA_EXPECTED, 1.0)
        .containsEntry(Metric.REPLICA_PRESENT, 0.0)
        .containsEntry(Metric.REPLICA_UP, 0.0)
        .containsEntry(Metric.REPLICA_STREAMING, 0.0)
        .containsEntry(Metric.REPLICA_DELAY_SECONDS, 14_400.0)
        .containsKey(Metric.REPLICA_FRESHNESS_OBJECTIVE_SECONDS)
        .doesNotContainKeys(
            Metric.REPLICA_DATA_AGE_SECONDS,
            Metric.REPLICA_DATA_AGE_AT_LEAST_SECONDS,
            Metric.REPLICA_DELAY_EXCESS_SECONDS,
            Metric.REPLICA_LAG_BYTES,
            Metric.REPLICA_WILL_CATCH_UP);
  }

  @Test
  void doesNotAskOneThatIsFedFromTheArchiveToStream() {
    assertThat(told("cold"))
        .containsEntry(Metric.REPLICA_PRESENT, 0.0)
        .doesNotContainKeys(Metric.REPLICA_STREAMING, Metric.REPLICA_DELAY_SECONDS);
  }

  private static Map<Metric, Double> told(String replica) {
    Configuration configuration = Configuration.parse(Path.of("tidemark.yaml"), FILE);
    ReplicaSpec spec =
        ReplicaSpec.of(configuration, configuration.replica(replica), Path.of("/usr/bin/tidemark"));
    ReplicaVitals vitals = new ReplicaVitals(spec, new Vitals(configuration.cluster("main")));
    Map<Metric, Double> told = new LinkedHashMap<>();
    ReplicaMetrics.tell(vitals, (metric, value, labels) -> told.put(metric, value));
    return told;
  }
}
