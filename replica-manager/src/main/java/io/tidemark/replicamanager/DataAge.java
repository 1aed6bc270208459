package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How old the data is that a standby shows. Only a heartbeat makes the age of the last replayed
 * commit mean that: without one a standby of an idle primary looks ever staler, and one that is cut
 * off looks current.
 */
public sealed interface DataAge {
  /** It is this old, but for one period of the heartbeat. */
  record Known(Duration age) implements DataAge {}

  /** What it has replayed is from before the heartbeat's begin, or from a break of it. */
  record AtLeast(Duration age) implements DataAge {}

  record Unknown(String why) implements DataAge {}

  /**
   * Tells it.
   *
   * @param heartbeat empty: none is written
   * @param lastReplayed pg_last_xact_replay_timestamp(): a commit's time by the primary's clock,
   *     empty after a restart until a commit is replayed
   */
  static DataAge of(
      Instant now, Optional<HeartbeatView> heartbeat, Optional<Instant> lastReplayed) {
    if (heartbeat.isEmpty()) {
      return new Unknown("no heartbeat is configured");
    }
    HeartbeatView beats = heartbeat.get();
    if (beats.offset().isEmpty() || beats.isSilent(now)) {
      return new Unknown("no heartbeat is written on the primary");
    }
    ClockOffset offset = beats.offset().get();
    return lastReplayed
        .map(commit -> of(now, offset, commit, beats.log().followed(commit)))
        .orElseGet(() -> new Unknown("it has replayed no commit since its start"));
  }

  private static DataAge of(Instant now, ClockOffset offset, Instant commit, Instant followed) {
    Duration age = Positive.between(offset.ours(followed), now);
    return followed.equals(commit) ? new Known(age) : new AtLeast(age);
  }

  /** The exact age. */
  default Optional<Duration> known() {
    return this instanceof Known(Duration age) ? Optional.of(age) : Optional.empty();
  }

  /** What it is at least. */
  default Optional<Duration> atLeast() {
    return switch (this) {
      case Known(Duration age) -> Optional.of(age);
      case AtLeast(Duration age) -> Optional.of(age);
      case Unknown _ -> Optional.empty();
    };
  }
}
