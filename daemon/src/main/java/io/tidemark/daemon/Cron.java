package io.tidemark.daemon;

import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import org.quartz.CronExpression;

/** A Quartz cron expression in the machine's time zone, asked in both directions. */
final class Cron {
  private final CronExpression expression;

  Cron(String text) {
    try {
      this.expression = new CronExpression(text);
    } catch (ParseException e) {
      throw new IllegalArgumentException("the configuration's check let pass: " + text, e);
    }
  }

  /** The first moment after this one. */
  Optional<Instant> next(Instant after) {
    return Optional.ofNullable(expression.getNextValidTimeAfter(Date.from(after)))
        .map(Date::toInstant);
  }

  /**
   * The last moment at or before this one, of at most ten years. Quartz only looks ahead: this
   * doubles a span until something fires in it, and then halves it down to the second.
   */
  Optional<Instant> previous(Instant at) {
    long end = at.getEpochSecond();
    for (long span = 1; span < 10L * 366 * 86_400; span *= 2) {
      if (firesBetween(end - span, end)) {
        return Optional.of(latest(end - span, end));
      }
    }
    return Optional.empty();
  }

  /** Something fires after {@code low} and at or before {@code end}: the last such second. */
  private Instant latest(long low, long end) {
    long fires = low;
    long none = end;
    while (none - fires > 1) {
      long middle = (fires + none) / 2;
      if (firesBetween(middle, end)) {
        fires = middle;
      } else {
        none = middle;
      }
    }
    return Instant.ofEpochSecond(fires + 1);
  }

  private boolean firesBetween(long after, long end) {
    return next(Instant.ofEpochSecond(after)).filter(at -> at.getEpochSecond() <= end).isPresent();
  }
}
