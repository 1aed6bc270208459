package io.tidemark.replicamanager;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** When a standby will have replayed everything, as things go now. */
public sealed interface CatchUp {
  /** It has. */
  record Done() implements CatchUp {}

  record In(Duration left) implements CatchUp {}

  /** It replays no faster than the primary writes. */
  record Never() implements CatchUp {}

  record Unknown() implements CatchUp {}

  /** Less than this is always on its way. */
  long ON_ITS_WAY = 1 << 20;

  /** No standby is waited for as long as this: it is said to be never. */
  Duration FOR_EVER = Duration.ofDays(365);

  /**
   * Estimates it.
   *
   * @param backlog bytes that it has not replayed
   * @param replayRate bytes per second, measured while there was a backlog; empty: there was none
   *     long enough
   * @param walRate bytes per second at which the primary writes
   */
  static CatchUp estimate(OptionalLong backlog, OptionalDouble replayRate, OptionalDouble walRate) {
    if (backlog.isEmpty()) {
      return new Unknown();
    }
    if (!isBacklog(backlog.getAsLong(), walRate)) {
      return new Done();
    }
    if (replayRate.isEmpty() || walRate.isEmpty()) {
      return new Unknown();
    }
    double gained = replayRate.getAsDouble() - walRate.getAsDouble();
    double seconds = backlog.getAsLong() / gained;
    return gained <= 0 || seconds > FOR_EVER.toSeconds()
        ? new Never()
        : new In(Duration.ofMillis((long) (seconds * Duration.ofSeconds(1).toMillis())));
  }

  /** Whether that is more than what a second writes, and a little. */
  static boolean isBacklog(long bytes, OptionalDouble walRate) {
    return bytes > ON_ITS_WAY + walRate.orElse(0);
  }

  /** Empty where it is not known, or never. */
  default Optional<Duration> time() {
    return switch (this) {
      case Done _ -> Optional.of(Duration.ZERO);
      case In(Duration left) -> Optional.of(left);
      case Never _, Unknown _ -> Optional.empty();
    };
  }

  /** Whether it will at all; empty where that is not known. */
  default Optional<Boolean> willBe() {
    return switch (this) {
      case Done _, In _ -> Optional.of(true);
      case Never _ -> Optional.of(false);
      case Unknown _ -> Optional.empty();
    };
  }
}
