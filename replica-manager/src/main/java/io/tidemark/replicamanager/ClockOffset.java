package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;

/**
 * How far a server's clock is ahead of ours, as one question found it.
 *
 * @param ahead negative: it is behind
 * @param error the most by which that may be wrong: half of the round trip
 */
public record ClockOffset(Duration ahead, Duration error) {

  /**
   * The server's clock was read some time between question and answer: the middle is taken.
   *
   * @param asked by our clock
   * @param server what it answered
   */
  static ClockOffset measured(Instant asked, Instant server, Duration roundTrip) {
    Duration half = roundTrip.dividedBy(2);
    return new ClockOffset(Duration.between(asked.plus(half), server), half);
  }

  /**
   * The better of two measures, as long as both can be true. Where they cannot, a clock was set
   * anew or has drifted, and the newer counts.
   */
  ClockOffset next(ClockOffset newer) {
    Duration apart = newer.ahead.minus(ahead).abs();
    boolean agree = apart.compareTo(error.plus(newer.error)) <= 0;
    return agree && error.compareTo(newer.error) < 0 ? this : newer;
  }

  /** A moment of the server's clock, by ours. */
  public Instant ours(Instant theirs) {
    return theirs.minus(ahead);
  }
}
