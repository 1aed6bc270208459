package io.tidemark.daemon;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** Figures as people read them. */
final class Human {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Human() {}

  /** {@code 412 B}, {@code 1.4 GiB}. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    String format = unit == 0 ? "%.0f %s" : value < 10 ? "%.2f %s" : "%.1f %s";
    return String.format(Locale.ROOT, format, value, UNITS[unit]);
  }

  /** {@code 104 MB/s}, in millions of bytes; a dash where no time has passed. */
  static String rate(long bytes, Duration in) {
    return in.isPositive()
        ? String.format(Locale.ROOT, "%.1f MB/s", bytes / 1e6 / (in.toNanos() / 1e9))
        : "- MB/s";
  }

  /** {@code 0.42 s}, {@code 59 s}, {@code 3 min 5 s}, {@code 2 h 3 min}, {@code 5 d 1 h}. */
  static String duration(Duration duration) {
    if (duration.isNegative()) {
      String ago = duration(duration.negated());
      return ago.equals("0.00 s") ? ago : "-" + ago;
    }
    long seconds = duration.toSeconds();
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    return seconds < 86_400
        ? seconds / 3600 + " h " + seconds % 3600 / 60 + " min"
        : seconds / 86_400 + " d " + seconds % 86_400 / 3600 + " h";
  }

  /** {@code 2026-11-20 15:02:12Z}. */
  static String time(Instant time) {
    return TIME.format(time);
  }

  /** The same to the microsecond, as far as there is any. */
  static String exactTime(Instant time) {
    return time.toString().replace('T', ' ');
  }

  static <T> String orUnknown(Optional<T> value, java.util.function.Function<T, String> text) {
    return value.map(text).orElse("unknown");
  }
}
