package io.tidemark.analytics;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much a verification does at most. With a limit of rows or time it goes on where the last one
 * ended.
 *
 * @param rows that are walked through, of all tables together; checked after each chunk
 * @param time checked after each chunk
 * @param bytesPerSecond read of both sides together
 */
public record VerificationLimits(
    OptionalLong rows, Optional<Duration> time, OptionalLong bytesPerSecond) {
  public static final VerificationLimits NONE =
      new VerificationLimits(OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

  public VerificationLimits {
    if (rows.orElse(1) < 1 || bytesPerSecond.orElse(1) < 1) {
      throw new IllegalArgumentException("a limit of a verification is at least 1");
    }
  }

  boolean isRolling() {
    return rows.isPresent() || time.isPresent();
  }
}
