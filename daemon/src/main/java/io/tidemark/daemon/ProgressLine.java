package io.tidemark.daemon;

import java.time.Duration;
import java.util.Locale;

/**
 * How far something is.
 *
 * @param total in bytes, 0 where it is not known
 * @param took since the first byte
 */
record ProgressLine(String what, String step, long done, long total, Duration took, String detail) {
  private static final int WIDTH = 24;

  /** For a terminal: {@code backup [#####-----] 42% 1.2 GiB of 3.0 GiB, 210 MB/s, 8 s left}. */
  String bar() {
    if (total <= 0) {
      return text();
    }
    int filled = (int) (WIDTH * share());
    return what + " [" + "#".repeat(filled) + "-".repeat(WIDTH - filled) + "] " + figures();
  }

  /** For a log: the same without the bar. */
  String text() {
    return what + ": " + figures();
  }

  private String figures() {
    StringBuilder text = new StringBuilder();
    if (total > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "%.0f%% %s of %s",
              100 * share(),
              Human.bytes(done),
              Human.bytes(total)));
    } else if (done > 0) {
      text.append(Human.bytes(done));
    }
    if (done > 0 && took.toMillis() >= 100) {
      append(text, Human.rate(done, took));
    }
    if (total > 0 && done > 0 && done < total) {
      append(text, Human.duration(left()) + " left");
    }
    append(text, step);
    append(text, detail);
    return text.toString();
  }

  private Duration left() {
    double seconds = took.toMillis() / 1000.0 * (total - done) / done;
    return Duration.ofSeconds((long) Math.min(seconds, 1e9));
  }

  private double share() {
    return Math.clamp((double) done / total, 0, 1);
  }

  private static void append(StringBuilder text, String more) {
    if (!more.isEmpty()) {
      text.append(text.isEmpty() ? "" : ", ").append(more);
    }
  }
}
