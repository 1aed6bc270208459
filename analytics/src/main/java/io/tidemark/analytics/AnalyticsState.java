package io.tidemark.analytics;

import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the analytics database keeps of its pipelines, and where commands leave what they want of
 * the daemon. Every method throws {@link TidemarkException} where the target cannot be asked. One
 * thread uses it.
 */
public final class AnalyticsState implements AutoCloseable {
  /** Of one table's rows of a source. */
  private static final Duration DELETE_LIMIT = Duration.ofHours(12);

  private final PostgresSession session;
  private final String schema;

  private AnalyticsState(PostgresSession session, String schema) {
    this.session = session;
    this.schema = schema;
  }

  /** Opens a session. Makes nothing. */
  public static AnalyticsState open(PostgresEndpoint target, String stateSchema) {
    return new AnalyticsState(Sessions.target(target), stateSchema);
  }

  public static AnalyticsState open(AnalyticsSettings settings, String applicationName) {
    return open(
        PostgresEndpoint.of(settings.target(), PostgresEndpoint.Target.PRIMARY, applicationName),
        settings.stateSchema());
  }

  /** Whether its tables are there; before, nothing can have been started. */
  public boolean isInstalled() {
    return StateSchema.isInstalled(session, schema);
  }

  /** Makes what is missing. */
  public AnalyticsState install() {
    StateSchema.install(session, schema);
    return this;
  }

  /** The session that it asks with. */
  public PostgresSession session() {
    return session;
  }

  /** Where a source stands; empty before it has begun. */
  public Optional<FeedPosition> position(String pipeline, String source) {
    return session.first(
        "SELECT "
            + FeedPosition.COLUMNS
            + " FROM (SELECT pipeline, source, slot, applied_lsn, data_as_of, copied, transactions,"
            + " changes, updated_at FROM "
            + Sql.name(schema)
            + ".feed WHERE role = 'main' UNION ALL SELECT pipeline, source, slot, applied_lsn,"
            + " data_as_of, true, 0, 0, updated_at FROM "
            + Sql.name(schema)
            + ".native_feed) AS f WHERE pipeline = ? AND source = ?",
        FeedPosition::read,
        pipeline,
        source);
  }

  /**
   * Leaves where a source stands whose data PostgreSQL's own subscription moves. A moment before
   * the one that is known already is not taken.
   *
   * @param applied everything that the source committed before is in the target
   * @param dataAsOf by the source's clock
   */
  public void subscriptionAt(
      String pipeline, SourceSettings source, Lsn applied, Instant dataAsOf) {
    session.execute(
        "INSERT INTO "
            + Sql.name(schema)
            + ".native_feed AS f (pipeline, source, slot, labels, applied_lsn, data_as_of)"
            + " VALUES (?, ?, ?, jsonb_build_object('site', ?, 'database', ?), ?::pg_lsn,"
            + " ?::timestamptz) ON CONFLICT (pipeline, source) DO UPDATE SET slot = excluded.slot,"
            + " labels = excluded.labels, applied_lsn = excluded.applied_lsn, data_as_of ="
            + " greatest(f.data_as_of, excluded.data_as_of), updated_at = clock_timestamp()",
        pipeline,
        source.name(),
        source.slot(),
        source.label("site"),
        source.label("database"),
        applied.toString(),
        dataAsOf.toString());
  }

  /** The source's data is copied anew: as of when it is is not known for now. */
  public void forgetSubscription(String pipeline, String source) {
    session.execute(
        "DELETE FROM " + Sql.name(schema) + ".native_feed WHERE pipeline = ? AND source = ?",
        pipeline,
        source);
  }

  public List<TableRow> tables(String pipeline, String source) {
    return state(pipeline, source).tables(session);
  }

  /** running, paused or dropped; empty where nobody has started it. */
  public Optional<String> wish(String pipeline, String source) {
    return state(pipeline, source).wishes().wish(session);
  }

  /** Leaves what is wanted of a source: running, paused or dropped. */
  public void wish(String pipeline, String source, String wish) {
    state(pipeline, source).wishes().setWish(session, wish);
  }

  /** Forgets everything of a source, when it is given up. */
  public void forget(String pipeline, String source) {
    state(pipeline, source).forgetAll(session);
  }

  /**
   * Something asked for once.
   *
   * @param detail {@code schema.table}; empty: all tables
   */
  public record Request(long id, String kind, String detail, Optional<String> outcome) {}

  /**
   * Asks for the resync of a table.
   *
   * @param table empty: all
   * @return by which its outcome is found
   */
  public long askResync(String pipeline, String source, Optional<TableName> table) {
    return session
        .first(
            "INSERT INTO "
                + Sql.name(schema)
                + ".request (pipeline, source, kind, detail) VALUES (?, ?, 'resync', ?) RETURNING"
                + " id",
            row -> row.number("id"),
            pipeline,
            source,
            table.map(TableName::toString).orElse(""))
        .orElseThrow();
  }

  /** What became of a request; empty while nobody has taken it. */
  public Optional<String> outcome(long request) {
    return session.value(
        "SELECT outcome FROM " + Sql.name(schema) + ".request WHERE id = ? AND done_at IS NOT NULL",
        request);
  }

  /** Requests that nobody has taken yet, the oldest first. */
  public List<Request> requests(String pipeline, String source) {
    return state(pipeline, source).wishes().requests(session).stream()
        .map(each -> new Request(each.id(), each.kind(), each.detail(), Optional.empty()))
        .toList();
  }

  /** Says what became of a request. */
  public void answer(String pipeline, String source, long request, String outcome) {
    state(pipeline, source)
        .wishes()
        .answer(session, new SourceWishes.Request(request, "", ""), outcome);
  }

  /** What was found last, table by table. */
  public List<Verified> verified() {
    return session.query(
        "SELECT * FROM "
            + Sql.name(schema)
            + ".verification ORDER BY pipeline, source, source_table",
        row ->
            new Verified(
                row.text("pipeline"),
                row.text("source"),
                TableName.parse(row.text("source_table")),
                row.optionalInstant("verified_at").orElseThrow(),
                row.number("rows_compared"),
                row.number("missing"),
                row.number("surplus"),
                row.number("different"),
                row.flag("complete")));
  }

  /** How each materialized view's last refresh went. */
  public List<LastRefresh> refreshes() {
    if (session.value("SELECT to_regclass(?)::text", Sql.name(schema) + ".refresh").isEmpty()) {
      return List.of();
    }
    return session.query(
        "SELECT DISTINCT ON (view) view, outcome, finished_at, coalesce(error, '') AS error,"
            + " max(finished_at) FILTER (WHERE outcome LIKE 'refreshed%') OVER (PARTITION BY view)"
            + " AS succeeded FROM "
            + Sql.name(schema)
            + ".refresh ORDER BY view, id DESC",
        row ->
            new LastRefresh(
                row.text("view"),
                row.text("outcome"),
                row.optionalInstant("finished_at").orElseThrow(),
                row.optionalInstant("succeeded"),
                row.text("error")));
  }

  /**
   * Deletes the rows of a source from a target table; those of others stay.
   *
   * @return how many
   */
  public long deleteRows(PipelineSettings pipeline, SourceSettings source, TableName target) {
    Map<String, String> labels = new LinkedHashMap<>();
    pipeline.labelColumns().forEach((label, column) -> labels.put(column, source.label(label)));
    if (session.value("SELECT to_regclass(?)::text", target.quoted()).isEmpty()) {
      return 0;
    }
    StringBuilder own = new StringBuilder();
    labels.forEach(
        (column, value) ->
            own.append(own.isEmpty() ? " WHERE " : " AND ")
                .append(Sql.name(column))
                .append(" = ")
                .append(Sql.literal(value)));
    return session.within(
        DELETE_LIMIT, () -> session.update("DELETE FROM " + target.quoted() + own));
  }

  private SourceState state(String pipeline, String source) {
    return new SourceState(schema, pipeline, source);
  }

  @Override
  public void close() {
    session.close();
  }
}
