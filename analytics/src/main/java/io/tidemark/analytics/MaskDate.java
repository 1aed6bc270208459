package io.tidemark.analytics;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A date or timestamp as PostgreSQL prints it with {@code datestyle = ISO}: years of four digits or
 * more, the era behind everything else (postgresql.org, "Date/Time Types").
 *
 * @param at in UTC where the type has a time zone; the beginning of the day of a date
 */
record MaskDate(String type, LocalDateTime at) {
  private static final Set<String> INFINITE = Set.of("infinity", "-infinity");
  private static final Pattern TEXT =
      Pattern.compile(
          "(\\d{4,7})-(\\d\\d)-(\\d\\d)"
              + "( (\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,6}))?"
              + "([+-]\\d\\d(?::\\d\\d){0,2})?)?"
              + "( BC)?");

  /** Day zero of the Julian calendar; datatype/timestamp.h. */
  private static final LocalDate FIRST = LocalDate.of(-4713, 11, 24);

  private static final LocalDate LAST = LocalDate.of(5874897, 12, 31);
  private static final LocalDate LAST_OF_TIMESTAMPS = LocalDate.of(294276, 12, 31);

  /** What a date can be truncated to. */
  enum Unit {
    YEAR,
    QUARTER,
    MONTH,
    WEEK,
    DAY,
    HOUR;

    static Unit of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }

    private LocalDateTime begin(LocalDateTime at) {
      LocalDate day = at.toLocalDate();
      return switch (this) {
        case YEAR -> day.withDayOfYear(1).atStartOfDay();
        case QUARTER -> day.with(IsoFields.DAY_OF_QUARTER, 1).atStartOfDay();
        case MONTH -> day.withDayOfMonth(1).atStartOfDay();
        case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).atStartOfDay();
        case DAY -> day.atStartOfDay();
        case HOUR -> at.truncatedTo(ChronoUnit.HOURS);
      };
    }
  }

  static MaskFunction truncating(Unit unit, String type) {
    MaskedText text =
        value ->
            isInfinite(value)
                ? value
                : parse(value, type)
                    .map(date -> new MaskDate(type, unit.begin(date.at)))
                    .filter(MaskDate::isInRange)
                    .map(MaskDate::text)
                    .orElse(null);
    return text.asFunction();
  }

  static boolean isInfinite(String value) {
    return INFINITE.contains(value);
  }

  /** Empty where this is no date, or not one of the type. */
  static Optional<MaskDate> parse(String value, String type) {
    Matcher text = TEXT.matcher(value);
    if (!text.matches()
        || (text.group(4) == null) != type.equals("date")
        || (text.group(9) != null) != type.equals("timestamp with time zone")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new MaskDate(type, inUtc(text))).filter(MaskDate::isInRange);
    } catch (DateTimeException e) {
      // 30 February: there is no such day.
      return Optional.empty();
    }
  }

  private static LocalDateTime inUtc(Matcher text) {
    LocalDate day = LocalDate.of(year(text), number(text, 2), number(text, 3));
    if (text.group(4) == null) {
      return day.atStartOfDay();
    }
    LocalDateTime at = day.atTime(number(text, 5), number(text, 6), number(text, 7), nanos(text));
    String zone = text.group(9);
    return zone == null ? at : at.minusSeconds(ZoneOffset.of(zone).getTotalSeconds());
  }

  /** The year before 1 is 1 BC. */
  private static int year(Matcher text) {
    int year = number(text, 1);
    if (year == 0) {
      throw new DateTimeException("there is no year 0");
    }
    return text.group(10) == null ? year : 1 - year;
  }

  private static int nanos(Matcher text) {
    String fraction = text.group(8);
    return fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
  }

  private static int number(Matcher text, int group) {
    return Integer.parseInt(text.group(group));
  }

  private boolean isInRange() {
    LocalDate last = type.equals("date") ? LAST : LAST_OF_TIMESTAMPS;
    LocalDate day = at.toLocalDate();
    return !day.isBefore(FIRST) && !day.isAfter(last);
  }

  String text() {
    int year = at.getYear();
    StringBuilder text = new StringBuilder(32);
    padded(text, year > 0 ? year : 1 - year, 4).append('-');
    padded(text, at.getMonthValue(), 2).append('-');
    padded(text, at.getDayOfMonth(), 2);
    if (!type.equals("date")) {
      appendTime(text);
    }
    return text.append(year > 0 ? "" : " BC").toString();
  }

  private void appendTime(StringBuilder text) {
    padded(text.append(' '), at.getHour(), 2).append(':');
    padded(text, at.getMinute(), 2).append(':');
    padded(text, at.getSecond(), 2);
    int micros = at.get(ChronoField.MICRO_OF_SECOND);
    if (micros > 0) {
      String fraction = padded(new StringBuilder(), micros, 6).toString();
      text.append('.').append(fraction.replaceFirst("0+\\z", ""));
    }
    text.append(type.equals("timestamp with time zone") ? "+00" : "");
  }

  private static StringBuilder padded(StringBuilder text, int number, int digits) {
    String written = Integer.toString(number);
    return text.repeat('0', Math.max(0, digits - written.length())).append(written);
  }
}
