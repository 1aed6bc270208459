package io.tidemark.config;

import java.time.Duration;

/**
 * How long one store operation is tried again after a failure that may pass.
 *
 * @param attempts the first included
 * @param total from the first try to the end of the last
 */
public record RetrySettings(int attempts, Duration total) {
  public static final RetrySettings DEFAULT = new RetrySettings(5, Duration.ofMinutes(2));

  public RetrySettings {
    new Checks()
        .between("attempts", attempts, 1, 100)
        .between("total", total, Duration.ofSeconds(1), Duration.ofHours(1))
        .done();
  }

  static RetrySettings read(Section section) {
    return section
        .build(
            () ->
                new RetrySettings(
                    section.get("attempts", Kind.NUMBER, "5"),
                    section.get("total", Kind.DURATION, "2m")))
        .orElse(DEFAULT);
  }
}
