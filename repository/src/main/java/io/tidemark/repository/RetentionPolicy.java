package io.tidemark.repository;

import java.time.Duration;

/**
 * What must be kept.
 *
 * @param recoveryWindow every moment since then stays restorable
 * @param fulls so many of the newest usable full backups stay, 1 or more
 */
public record RetentionPolicy(Duration recoveryWindow, int fulls) {
  public RetentionPolicy {
    if (recoveryWindow.isNegative() || fulls < 1) {
      throw new IllegalArgumentException(
          "a recovery window of " + recoveryWindow + " with " + fulls + " fulls keeps nothing");
    }
  }
}
