package io.tidemark.postgres;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** PostgreSQL's {@code TimestampTz}: microseconds since 2000-01-01 00:00 UTC (timestamp.h). */
public final class PostgresTime {
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  private PostgresTime() {}

  /** The instant that PostgreSQL writes as {@code micros}. */
  public static Instant toInstant(long micros) {
    return EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** How PostgreSQL writes {@code instant}; fractions of a microsecond are cut off. */
  public static long toMicros(Instant instant) {
    return ChronoUnit.MICROS.between(EPOCH, instant);
  }
}
