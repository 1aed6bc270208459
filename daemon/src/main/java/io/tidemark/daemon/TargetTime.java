package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A moment as operators write it: {@code 2026-11-20T15:02:12Z}, {@code 2026-11-20 15:02:12.5+01},
 * {@code 2026-11-20 15:02 Europe/Vienna}; without a zone in this machine's.
 *
 * @param zoneAssumed whether the zone was left out
 */
record TargetTime(Instant instant, boolean zoneAssumed) {
  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{4}-\\d{2}-\\d{2})(?:[Tt ]+(\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,6})?)?))?"
              + "\\s*([Zz]|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?|[A-Z][A-Za-z_]+(?:/[A-Za-z_+-]+)+)?");

  /**
   * Reads {@code --time}.
   *
   * @param note gets what the operator should know of how it was read
   */
  static Instant read(String text, ZoneId local, Consumer<String> note) {
    TargetTime read = parse(text, local);
    if (read.zoneAssumed()) {
      note.accept(
          "--time has no zone: taken as local time of %s, that is %s"
              .formatted(local, Human.exactTime(read.instant())));
    }
    return read.instant();
  }

  /**
   * Reads it.
   *
   * @throws TidemarkException USAGE
   */
  static TargetTime parse(String text, ZoneId local) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw wrong(text, "a date and time such as 2026-11-20 15:02:12+01");
    }
    try {
      String time = matcher.group(2) == null ? "00:00" : matcher.group(2).replace(',', '.');
      LocalDateTime at = LocalDateTime.of(LocalDate.parse(matcher.group(1)), LocalTime.parse(time));
      String zone = matcher.group(3);
      return zone == null
          ? new TargetTime(only(text, at, local), true)
          : new TargetTime(only(text, at, zone(zone)), false);
    } catch (DateTimeException e) {
      throw wrong(text, "a date, a time and a zone that exist: " + e.getMessage());
    }
  }

  private static ZoneId zone(String text) {
    return switch (text) {
      case "Z", "z", "UTC", "GMT" -> ZoneOffset.UTC;
      default -> ZoneId.of(text);
    };
  }

  /** When clocks are put back an hour comes twice, and when they are put forward one never. */
  private static Instant only(String text, LocalDateTime at, ZoneId zone) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(at);
    if (offsets.size() != 1) {
      throw wrong(
          text,
          "an offset such as +01: in %s this time comes %s"
              .formatted(zone, offsets.isEmpty() ? "never" : "twice"));
    }
    return at.toInstant(offsets.getFirst());
  }

  private static TidemarkException wrong(String text, String expected) {
    return new TidemarkException(
        ErrorCode.USAGE,
        "--time found '" + text + "'; expected " + expected,
        "without a zone it is taken as this machine's local time");
  }
}
