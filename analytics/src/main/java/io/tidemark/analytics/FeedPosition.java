package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a source is, as the target has it.
 *
 * @param applied everything that the source committed before is in the target
 * @param dataAsOf the commit time of what was applied last, by the source's clock
 * @param age of that, by the target's clock
 * @param copied whether the first copy is complete
 * @param updatedBefore how long ago the position moved, by the target's clock
 */
public record FeedPosition(
    String slot,
    Lsn applied,
    Optional<Instant> dataAsOf,
    Optional<Duration> age,
    boolean copied,
    long transactions,
    long changes,
    Duration updatedBefore) {
  static final String COLUMNS =
      "slot, applied_lsn, data_as_of, copied, transactions, changes,"
          + " (extract(epoch FROM clock_timestamp() - data_as_of) * 1000000)::bigint AS age,"
          + " (extract(epoch FROM clock_timestamp() - updated_at) * 1000000)::bigint AS updated";

  static FeedPosition read(Row row) throws SQLException {
    return new FeedPosition(
        row.text("slot"),
        row.lsn("applied_lsn"),
        row.optionalInstant("data_as_of"),
        row.optionalMicros("age"),
        row.flag("copied"),
        row.number("transactions"),
        row.number("changes"),
        row.optionalMicros("updated").orElse(Duration.ZERO));
  }
}
