package io.tidemark.config;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations, sizes and rates as the operator writes them. */
final class Units {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})([kKMGT]i?)?B");

  private static final Map<String, ChronoUnit> TIME =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS,
          "d", ChronoUnit.DAYS);
  private static final Map<String, Long> BYTES =
      Map.of(
          "k",
          1000L,
          "M",
          1000_000L,
          "G",
          1000_000_000L,
          "T",
          1000_000_000_000L,
          "Ki",
          1L << 10,
          "Mi",
          1L << 20,
          "Gi",
          1L << 30,
          "Ti",
          1L << 40);

  private Units() {}

  /** A day is 24 hours. */
  static Optional<Duration> duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(Duration.of(number(matcher), unit(TIME, matcher.group(2))));
  }

  static Optional<Long> bytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches() || "ki".equals(matcher.group(2)) || "K".equals(matcher.group(2))) {
      return Optional.empty();
    }
    long factor = matcher.group(2) == null ? 1 : unit(BYTES, matcher.group(2));
    return number(matcher) <= Long.MAX_VALUE / factor
        ? Optional.of(number(matcher) * factor)
        : Optional.empty();
  }

  static Optional<Long> bytesPerSecond(String text) {
    return text.endsWith("/s") ? bytes(text.substring(0, text.length() - 2)) : Optional.empty();
  }

  static String spell(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0 || millis == 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    return seconds % 3600 == 0
        ? seconds / 3600 + "h"
        : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  static String spellBytes(long bytes) {
    String[] names = {"B", "KiB", "MiB", "GiB", "TiB"};
    int name = 0;
    while (name < names.length - 1 && bytes != 0 && bytes % 1024 == 0) {
      bytes /= 1024;
      name++;
    }
    return bytes + names[name];
  }

  private static long number(Matcher matcher) {
    return Long.parseLong(matcher.group(1));
  }

  private static <T> T unit(Map<String, T> units, String name) {
    T unit = units.get(name);
    if (unit == null) {
      throw new IllegalArgumentException("no unit " + name);
    }
    return unit;
  }
}
