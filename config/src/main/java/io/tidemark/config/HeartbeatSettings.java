package io.tidemark.config;

import java.time.Duration;
import java.util.Optional;

/**
 * A small message that the daemon writes into the primary's WAL, from whose age at each replica the
 * age of its data is known.
 *
 * @param period of the messages; empty: none is written
 */
public record HeartbeatSettings(Optional<Duration> period) {
  private static final Duration WITH_REPLICAS = Duration.ofSeconds(10);

  public HeartbeatSettings {
    new Checks()
        .between(
            "period", period.orElse(WITH_REPLICAS), Duration.ofSeconds(1), Duration.ofMinutes(10))
        .done();
  }

  /**
   * What holds for a cluster whose file says nothing.
   *
   * @param hasReplicas whether the file has replicas of the cluster
   */
  public static HeartbeatSettings defaults(boolean hasReplicas) {
    return read(Section.empty(), hasReplicas);
  }

  static HeartbeatSettings read(Section section, boolean hasReplicas) {
    return section
        .build(
            () ->
                new HeartbeatSettings(
                    section
                        .find("period", Kind.PERIOD, "10s with replicas, else none")
                        .orElseGet(
                            () -> hasReplicas ? Optional.of(WITH_REPLICAS) : Optional.empty())))
        .orElseGet(() -> defaults(hasReplicas));
  }
}
