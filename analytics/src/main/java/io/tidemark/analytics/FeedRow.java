package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a feed is, as it stands in the target.
 *
 * @param systemId of the source's cluster
 * @param consistent the slot's consistent point: what its snapshot saw
 * @param applied everything that the source committed before is in the target
 * @param committed the last transaction that was applied, by its commit record; empty: none yet
 * @param dataAsOf the commit time of the last transaction that was applied; empty: none yet
 * @param copied whether no range is left to copy
 */
record FeedRow(
    String slot,
    String systemId,
    Lsn consistent,
    Lsn applied,
    Optional<Moment> committed,
    Optional<Instant> dataAsOf,
    boolean copied,
    long transactions,
    long changes) {
  static FeedRow read(Row row) throws SQLException {
    return new FeedRow(
        row.text("slot"),
        row.text("system_id"),
        row.lsn("consistent_lsn"),
        row.lsn("applied_lsn"),
        committed(row),
        row.optionalInstant("data_as_of"),
        row.flag("copied"),
        row.number("transactions"),
        row.number("changes"));
  }

  private static Optional<Moment> committed(Row row) throws SQLException {
    Optional<Lsn> at = row.optionalLsn("committed_lsn");
    Optional<Instant> time = row.optionalInstant("committed_at");
    return at.flatMap(lsn -> time.map(when -> new Moment(lsn, when)));
  }
}
