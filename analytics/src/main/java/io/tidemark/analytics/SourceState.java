package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the target knows of one source of one pipeline. Every method runs in the session that it is
 * given, and so in the caller's transaction where there is one.
 */
final class SourceState {
  private final String schema;
  private final String pipeline;
  private final String source;

  SourceState(String schema, String pipeline, String source) {
    this.schema = Sql.name(schema);
    this.pipeline = pipeline;
    this.source = source;
  }

  // Feeds

  Optional<FeedRow> feed(PostgresSession target, FeedRole role) {
    return target.first(
        "SELECT * FROM " + schema + ".feed WHERE pipeline = ? AND source = ? AND role = ?",
        FeedRow::read,
        pipeline,
        source,
        role.word());
  }

  /**
   * Where a feed is for as long as the caller's transaction lasts. Waits for one that is moving it
   * on; one that comes later finds it where it is left.
   */
  Optional<Lsn> lockApplied(PostgresSession target, FeedRole role) {
    return target
        .value(
            "SELECT applied_lsn::text FROM "
                + schema
                + ".feed WHERE pipeline = ? AND source = ? AND role = ? FOR UPDATE",
            pipeline,
            source,
            role.word())
        .map(Lsn::parse);
  }

  void beginFeed(
      PostgresSession target,
      FeedRole role,
      String slot,
      String systemId,
      Map<String, String> labels,
      Lsn consistent) {
    target.execute(
        "INSERT INTO "
            + schema
            + ".feed (pipeline, source, role, slot, system_id, labels, consistent_lsn, applied_lsn)"
            + " VALUES (?, ?, ?, ?, ?, ?::jsonb, ?::pg_lsn, ?::pg_lsn)",
        pipeline,
        source,
        role.word(),
        slot,
        systemId,
        json(labels),
        consistent.toString(),
        consistent.toString());
  }

  void feedCopied(PostgresSession target, FeedRole role) {
    target.execute(
        "UPDATE "
            + schema
            + ".feed SET copied = true WHERE pipeline = ? AND source = ? AND role = ?",
        pipeline,
        source,
        role.word());
  }

  /**
   * The statement that moves a feed on, from the position that it has. Where that is another one by
   * now, somebody else applies its changes, too. Takes the new position, how many transactions and
   * changes led to it, address and time of the last commit, the role, and the former position.
   */
  String advanceSql() {
    return "UPDATE "
        + schema
        + ".feed SET applied_lsn = ?::pg_lsn, transactions = transactions + ?, changes = changes +"
        + " ?, updated_at = clock_timestamp(), data_as_of = greatest(data_as_of, last.at),"
        + " committed_lsn = coalesce(last.lsn, committed_lsn), committed_at = coalesce(last.at,"
        + " committed_at) FROM (SELECT ?::pg_lsn, ?::timestamptz) AS last (lsn, at) WHERE pipeline ="
        + " "
        + Sql.literal(pipeline)
        + " AND source = "
        + Sql.literal(source)
        + " AND role = ? AND applied_lsn = ?::pg_lsn";
  }

  /** What follows an earlier position is to be applied. */
  void goBack(PostgresSession target, FeedRole role, Lsn from, Lsn to) {
    target.execute(
        "UPDATE "
            + schema
            + ".feed SET applied_lsn = ?::pg_lsn WHERE pipeline = ? AND source = ? AND role = ? AND"
            + " applied_lsn = ?::pg_lsn",
        to.toString(),
        pipeline,
        source,
        role.word(),
        from.toString());
  }

  void endFeed(PostgresSession target, FeedRole role) {
    target.execute(
        "DELETE FROM " + schema + ".feed WHERE pipeline = ? AND source = ? AND role = ?",
        pipeline,
        source,
        role.word());
  }

  // Tables

  List<TableRow> tables(PostgresSession target) {
    return target.query(
        "SELECT "
            + TableRow.COLUMNS
            + " FROM "
            + schema
            + ".table_state WHERE pipeline = ? AND source = ? ORDER BY source_table",
        TableRow::read,
        pipeline,
        source);
  }

  /** Sets a table's state, and forgets what the former one meant. */
  void setTable(
      PostgresSession target,
      TableName table,
      TableName to,
      TableState state,
      FeedRole role,
      String note) {
    target.execute(
        "INSERT INTO "
            + schema
            + ".table_state (pipeline, source, source_table, target_schema, target_table, state,"
            + " role, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pipeline, source,"
            + " source_table) DO UPDATE SET target_schema = excluded.target_schema, target_table ="
            + " excluded.target_table, state = excluded.state, role = excluded.role, note ="
            + " excluded.note, since = clock_timestamp()",
        pipeline,
        source,
        table.toString(),
        to.schema(),
        to.table(),
        state.word(),
        role.word(),
        note);
  }

  /** Begins a copy from nothing: of a former one nothing is left on record. */
  void beginCopy(PostgresSession target, MappedTable table, FeedRole role) {
    forgetRanges(target, table.name());
    setTable(target, table.name(), table.target(), TableState.COPYING, role, "");
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET skip_until = NULL, overlap_until = NULL, by_comparison = false,"
            + " mapping = ?, storage = ?, rows_copied = 0, bytes_copied = 0, bytes_planned = ? WHERE pipeline = ? AND source = ? AND"
            + " source_table = ?",
        TableFingerprint.of(table),
        table.source().storage(),
        table.source().bytes(),
        pipeline,
        source,
        table.name().toString());
    columns().save(target, table);
  }

  /** A copy that has begun is one by comparison: the rows that are there stay. */
  void byComparison(PostgresSession target, TableName table) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET by_comparison = true WHERE pipeline = ? AND source = ? AND"
            + " source_table = ?",
        pipeline,
        source,
        table.toString());
  }

  boolean isByComparison(PostgresSession target, TableName table) {
    return target
        .value(
            "SELECT 1 FROM "
                + schema
                + ".table_state WHERE pipeline = ? AND source = ? AND source_table = ? AND"
                + " by_comparison",
            pipeline,
            source,
            table.toString())
        .isPresent();
  }

  /** So much more is copied or compared, in one transaction with what was written for it. */
  void progressed(PostgresSession target, TableName table, long rows, long bytes) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET rows_copied = rows_copied + ?, bytes_copied = bytes_copied + ?"
            + " WHERE pipeline = ? AND source = ? AND source_table = ?",
        rows,
        bytes,
        pipeline,
        source,
        table.toString());
  }

  void forgetRanges(PostgresSession target, TableName table) {
    target.execute(
        "DELETE FROM "
            + schema
            + ".copy_range WHERE pipeline = ? AND source = ? AND source_table = ?",
        pipeline,
        source,
        table.toString());
  }

  /** In one transaction with its rows. */
  void rangeDone(
      PostgresSession target,
      TableName table,
      TableName leaf,
      long firstBlock,
      long rows,
      long bytes) {
    target.execute(
        "INSERT INTO "
            + schema
            + ".copy_range (pipeline, source, source_table, leaf, first_block, rows, bytes) VALUES"
            + " (?, ?, ?, ?, ?, ?, ?)",
        pipeline,
        source,
        table.toString(),
        leaf.toString(),
        firstBlock,
        rows,
        bytes);
    progressed(target, table, rows, bytes);
  }

  /** {@code leaf/first block} of each. */
  List<String> rangesDone(PostgresSession target, TableName table) {
    return target.query(
        "SELECT leaf || '/' || first_block AS range FROM "
            + schema
            + ".copy_range WHERE pipeline = ? AND source = ? AND source_table = ?",
        row -> row.text("range"),
        pipeline,
        source,
        table.toString());
  }

  /**
   * A table is copied.
   *
   * @param overlapUntil where parts of it were copied later than the slot began; else null
   */
  void copied(PostgresSession target, TableName table, @Nullable Lsn overlapUntil) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET state = ?, overlap_until = ?::pg_lsn, note = '', since ="
            + " clock_timestamp() WHERE pipeline = ? AND source = ? AND source_table = ?",
        TableState.CATCHING_UP.word(),
        overlapUntil == null ? null : overlapUntil.toString(),
        pipeline,
        source,
        table.toString());
    forgetRanges(target, table);
  }

  /** Whatever is applied up to there may be met again by a table. */
  void overlaps(PostgresSession target, TableName table, Lsn until) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET overlap_until = greatest(overlap_until, ?::pg_lsn), state = ?"
            + " WHERE pipeline = ? AND source = ? AND source_table = ?",
        until.toString(),
        TableState.CATCHING_UP.word(),
        pipeline,
        source,
        table.toString());
  }

  /** A table of the side feed goes on in the main one, behind a position. */
  void join(PostgresSession target, TableName table, Lsn skipUntil) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET role = 'main', skip_until = ?::pg_lsn, since = clock_timestamp()"
            + " WHERE pipeline = ? AND source = ? AND source_table = ?",
        skipUntil.toString(),
        pipeline,
        source,
        table.toString());
  }

  /** Those that have caught up with a position are level with their feed. */
  void caughtUp(PostgresSession target, FeedRole role, Lsn applied) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET state = 'streaming', overlap_until = NULL, skip_until = NULL, since"
            + " = clock_timestamp() WHERE pipeline = ? AND source = ? AND role = ? AND state ="
            + " 'catching-up' AND coalesce(greatest(overlap_until, skip_until), '0/0') <="
            + " ?::pg_lsn",
        pipeline,
        source,
        role.word(),
        applied.toString());
  }

  void forgetTable(PostgresSession target, TableName table) {
    for (String each : List.of("table_state", "column_state", "copy_range", "verification")) {
      target.execute(
          "DELETE FROM "
              + schema
              + "."
              + each
              + " WHERE pipeline = ? AND source = ? AND source_table = ?",
          pipeline,
          source,
          table.toString());
    }
  }

  /** What held a table's rows at the source when it was copied, or was last accepted. */
  Map<TableName, String> storages(PostgresSession target) {
    Map<TableName, String> storages = new LinkedHashMap<>();
    target.query(
        "SELECT source_table, storage FROM "
            + schema
            + ".table_state WHERE pipeline = ? AND source = ?",
        row -> storages.put(TableName.parse(row.text("source_table")), row.text("storage")),
        pipeline,
        source);
    return storages;
  }

  void setStorage(PostgresSession target, TableName table, String storage) {
    target.execute(
        "UPDATE "
            + schema
            + ".table_state SET storage = ? WHERE pipeline = ? AND source = ? AND source_table = ?",
        storage,
        pipeline,
        source,
        table.toString());
  }

  /** The columns of its tables. */
  ColumnState columns() {
    return new ColumnState(schema, pipeline, source);
  }

  /** What people want of it. */
  SourceWishes wishes() {
    return new SourceWishes(schema, pipeline, source);
  }

  /** Everything, when the source is dropped. */
  void forgetAll(PostgresSession target) {
    for (String each :
        List.of(
            "feed",
            "native_feed",
            "table_state",
            "column_state",
            "copy_range",
            "wish",
            "verification")) {
      target.execute(
          "DELETE FROM " + schema + "." + each + " WHERE pipeline = ? AND source = ?",
          pipeline,
          source);
    }
  }

  private static String json(Map<String, String> labels) {
    StringBuilder json = new StringBuilder("{");
    new LinkedHashMap<>(labels)
        .forEach(
            (name, value) ->
                json.append(json.length() == 1 ? "" : ",")
                    .append(quoted(name))
                    .append(':')
                    .append(quoted(value)));
    return json.append('}').toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
