package io.tidemark.config;

import java.time.Duration;
import java.util.Optional;

/**
 * What is kept: every backup and all WAL that either of the two needs.
 *
 * @param recoveryWindow every moment since then can be restored
 * @param fulls this many of the newest full backups
 * @param schedule Quartz cron expression of expiry; empty: only when asked for
 */
public record RetentionSettings(Duration recoveryWindow, int fulls, Optional<String> schedule) {

  public RetentionSettings {
    new Checks()
        .between("recovery-window", recoveryWindow, Duration.ZERO, Duration.ofDays(36_525))
        .between("fulls", fulls, 1, 10_000)
        .done();
  }

  /** What holds for a cluster whose file says nothing. */
  public static RetentionSettings defaults() {
    return read(Section.empty());
  }

  static RetentionSettings read(Section section) {
    return section
        .build(
            () ->
                new RetentionSettings(
                    section.get("recovery-window", Kind.DURATION, "7d"),
                    section.get("fulls", Kind.NUMBER, "2"),
                    section.get("schedule", Kind.CRON, "0 0 4 * * ?")))
        .orElseGet(RetentionSettings::defaults);
  }
}
