package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a delayed standby holds back what is younger than its delay. One that was just built, or
 * released after it was held, is nearer than its delay for a while: its age grows with the clock
 * and it replays nothing meanwhile. One that replays what is younger has lost its window.
 *
 * @param last the newest commit that it had replayed
 * @param isShort whether it has replayed one that was younger than nine tenths of the delay, and is
 *     not older than that again
 */
record DelayWatch(Optional<Instant> last, boolean isShort) {
  private static final int TENTHS = 9;

  static DelayWatch begin() {
    return new DelayWatch(Optional.empty(), false);
  }

  /** Takes an observation; of an age that is not known, nothing follows. */
  DelayWatch next(DataAge age, Optional<Instant> replayed, Duration delay) {
    if (replayed.isEmpty() || age.known().isEmpty()) {
      return this;
    }
    boolean near =
        age.known().get().compareTo(delay.multipliedBy(TENTHS).dividedBy(TENTHS + 1)) < 0;
    boolean moved = last.isPresent() && replayed.get().isAfter(last.get());
    return new DelayWatch(replayed, near && (isShort || moved));
  }
}
