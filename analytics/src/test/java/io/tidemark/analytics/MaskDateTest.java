package io.tidemark.analytics;

import static io.tidemark.analytics.Masking.masked;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskDateTest {
  @ParameterizedTest
  @CsvSource({
    "year, date, 2026-11-27, 2026-01-01",
    "quarter, date, 2026-11-27, 2026-10-01",
    "month, date, 2024-02-29, 2024-02-01",
    "week, date, 2026-11-27, 2026-11-23",
    "week, date, 2027-01-01, 2026-12-28",
    "day, date, 2026-11-27, 2026-11-27",
    "hour, date, 2026-11-27, 2026-11-27",
    "year, date, 0044-03-15 BC, 0044-01-01 BC",
    "week, date, 0001-01-01, 0001-01-01",
    "week, date, 0001-12-31 BC, 0001-12-25 BC",
    "month, date, 5874897-12-31, 5874897-12-01",
    "day, date, 5874898-01-01,",
    "month, date, 4714-11-24 BC,",
    "week, date, 4714-11-24 BC, 4714-11-24 BC",
    "month, date, infinity, infinity",
    "month, date, -infinity, -infinity",
    "month, date, 2026-02-30,",
    "month, date, 0000-01-01,",
    "month, date, 27.11.2026,",
    "month, date, 2026-11-27 00:00:00,",
    "day, date, '',"
  })
  void aDate(String unit, String type, String value, @Nullable String truncated) {
    assertThat(masked("truncate-date " + unit, type, value)).isEqualTo(truncated);
  }

  @ParameterizedTest
  @CsvSource({
    "hour, 2026-11-27 17:03:25.123456, 2026-11-27 17:00:00",
    "day, 2026-11-27 17:03:25, 2026-11-27 00:00:00",
    "year, 294276-12-31 23:59:59.999999, 294276-01-01 00:00:00",
    "month, 0044-03-15 12:34:56.5 BC, 0044-03-01 00:00:00 BC",
    "hour, 12026-11-27 23:59:59, 12026-11-27 23:00:00",
    "hour, infinity, infinity",
    "hour, 2026-11-27 17:03:25+00,",
    "hour, 2026-11-27,",
    "hour, 2026-11-27 24:00:00,",
    "hour, 2026-11-27T17:03:25,"
  })
  void aTimestamp(String unit, String value, @Nullable String truncated) {
    assertThat(masked("truncate-date " + unit, "timestamp without time zone", value))
        .isEqualTo(truncated);
  }

  @ParameterizedTest
  @CsvSource({
    "hour, 2026-11-27 17:03:25.123+00, 2026-11-27 17:00:00+00",
    "day, 2026-11-27 00:30:00+05:30, 2026-11-26 00:00:00+00",
    "day, 2026-12-31 23:30:00-03, 2027-01-01 00:00:00+00",
    "hour, 1890-01-01 00:00:00-00:25:21, 1890-01-01 00:00:00+00",
    "year, 0044-03-15 12:34:56+00 BC, 0044-01-01 00:00:00+00 BC",
    "day, 0001-01-01 00:30:00+01, 0001-12-31 00:00:00+00 BC",
    "day, 2026-11-27 00:30:00+19,",
    "hour, -infinity, -infinity",
    "hour, 2026-11-27 17:03:25,"
  })
  void aTimestampWithTimeZoneIsTruncatedInUtc(
      String unit, String value, @Nullable String truncated) {
    assertThat(masked("truncate-date " + unit, "timestamp(3) with time zone", value))
        .isEqualTo(truncated);
  }
}
