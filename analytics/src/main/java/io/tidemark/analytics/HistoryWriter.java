package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes versions of one source's rows of one table of the target. */
final class HistoryWriter {
  private final PostgresSession target;
  private final TableSql rowSql;
  private final HistorySql sql;
  private final RowCopy copy;
  private final RowParameters parameters;

  /** The last transaction of which there are versions. */
  private Lsn written = Lsn.ZERO;

  /**
   * @param rowSql of the same table
   * @param copy into it
   */
  HistoryWriter(PostgresSession target, MappedTable table, TableSql rowSql, RowCopy copy) {
    this.target = target;
    this.rowSql = rowSql;
    this.sql = new HistorySql(table, rowSql);
    this.copy = copy;
    this.parameters = new RowParameters(table);
  }

  /** Ends the current version of every row. */
  void closeAll(Moment at) {
    if (at.commit().equals(written)) {
      target.update(sql.retractAll(), at.text());
    }
    target.update(sql.closeAll(), at.text());
    written = at.commit();
  }

  /**
   * Ends the current version of a row and begins one that takes what is not known from it.
   *
   * @return whether there was one
   */
  boolean succeed(RowKey before, byte[] @Nullable [] row, Moment at) {
    BitSet known = Rows.known(row);
    List<@Nullable Object> values = new ArrayList<>();
    values.add(at.text());
    parameters.addKey(values, before);
    values.addAll(parameters.values(row, known));
    boolean amended =
        at.commit().equals(written) && target.update(sql.amend(known), values.toArray()) > 0;
    boolean succeeded = amended || target.update(sql.succeed(known), values.toArray()) > 0;
    written = at.commit();
    return succeeded;
  }

  /** Ends the current versions of rows and inserts those that follow. */
  void succeed(Map<RowKey, List<HistoryBatch.Version>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    retract(rows);
    Map<RowKey, Instant> later = close(rows);
    copy.write(
        rowSql.copy(MappedTable.VALID_FROM, MappedTable.VALID_TO),
        line -> rows.forEach((id, its) -> versions(its, later.get(id), line)));
    rows.values().forEach(its -> written = Lsn.max(written, its.getLast().from().commit()));
  }

  /** What a part of a transaction made of a row is no version where a later part changes it. */
  private void retract(Map<RowKey, List<HistoryBatch.Version>> rows) {
    List<byte[] @Nullable []> keys = new ArrayList<>();
    List<Moment> at = new ArrayList<>();
    rows.forEach(
        (id, its) -> {
          if (its.getFirst().from().commit().equals(written)) {
            keys.add(id.values());
            at.add(its.getFirst().from());
          }
        });
    if (!keys.isEmpty()) {
      target.update(sql.retract(), ended(keys, at));
    }
  }

  /** Gives the rows whose current version begins later than the next one would. */
  private Map<RowKey, Instant> close(Map<RowKey, List<HistoryBatch.Version>> rows) {
    List<RowKey> ids = List.copyOf(rows.keySet());
    Map<RowKey, Instant> later = new HashMap<>();
    target.query(
        sql.close(),
        row ->
            later.put(
                ids.get((int) row.number("place") - 1), row.optionalInstant("ended").orElseThrow()),
        ended(
            ids.stream().map(RowKey::values).toList(),
            rows.values().stream().map(its -> its.getFirst().from()).toList()));
    return later;
  }

  private Object[] ended(List<byte[] @Nullable []> keys, List<Moment> at) {
    List<Object> arrays = parameters.keys(keys);
    arrays.add(RowParameters.moments(at));
    return arrays.toArray();
  }

  private static void versions(
      List<HistoryBatch.Version> versions, @Nullable Instant floor, RowCopy.Lines line) {
    Instant from = later(versions.getFirst(), floor);
    for (int i = 0; i < versions.size(); i++) {
      Instant next = i + 1 < versions.size() ? later(versions.get(i + 1), from) : null;
      byte[] @Nullable [] row = versions.get(i).row();
      if (row != null) {
        line.add(row, from, next);
      }
      from = next == null ? from : next;
    }
  }

  private static Instant later(HistoryBatch.Version version, @Nullable Instant floor) {
    Instant from = version.from().time();
    return floor == null || from.isAfter(floor) ? from : floor;
  }
}
