package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * How a table of a source stands, as the target has it.
 *
 * @param skipUntil changes of transactions that end at or before it are in its copy already
 * @param overlapUntil up to there changes may meet rows that have them already
 * @param mapping a fingerprint of what of it was taken and how, when it was copied
 * @param note why it is held or refused
 */
public record TableRow(
    TableName name,
    TableName target,
    TableState state,
    boolean isMain,
    Optional<Lsn> skipUntil,
    Optional<Lsn> overlapUntil,
    String mapping,
    long rowsCopied,
    long bytesCopied,
    long bytesPlanned,
    String note,
    Optional<Instant> since) {
  static final String COLUMNS =
      "source_table, target_schema, target_table, state, role, skip_until, overlap_until, mapping,"
          + " rows_copied, bytes_copied, bytes_planned, note, since";

  /** Whether its changes are applied. */
  public boolean isFollowed() {
    return state == TableState.STREAMING || state == TableState.CATCHING_UP;
  }

  static TableRow read(Row row) throws SQLException {
    return new TableRow(
        TableName.parse(row.text("source_table")),
        new TableName(row.text("target_schema"), row.text("target_table")),
        TableState.parse(row.text("state")),
        row.text("role").equals(FeedRole.MAIN.word()),
        row.optionalLsn("skip_until"),
        row.optionalLsn("overlap_until"),
        row.text("mapping"),
        row.number("rows_copied"),
        row.number("bytes_copied"),
        row.number("bytes_planned"),
        row.text("note"),
        row.optionalInstant("since"));
  }
}
