package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.name;

import io.tidemark.postgres.PostgresSession;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;

/** The table {@code refresh} of the state schema: the last 100 refreshes of each view. */
final class RefreshHistory {
  private static final int KEPT = 100;
  private static final int LONGEST_ERROR = 4000;
  private static final String SUCCEEDED = " AND outcome IN ('refreshed', 'refreshed_late')";

  private final PostgresSession session;
  private final String schema;
  private final String table;

  RefreshHistory(PostgresSession session, String stateSchema) {
    this.session = session;
    this.schema = stateSchema;
    this.table = name(stateSchema) + ".refresh";
  }

  /** Makes the table where it is missing; the schema must be there. */
  void create() {
    if (session
        .value(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relname = 'refresh'",
            schema)
        .isPresent()) {
      return;
    }
    session.transaction(this::createOnce);
  }

  private boolean createOnce() {
    // Two that are due at the same moment would both make it: IF NOT EXISTS does not wait.
    session.query(
        "SELECT pg_advisory_xact_lock(hashtext(?))", row -> "", "tidemark refresh " + schema);
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, view text NOT NULL,"
            + " due timestamptz NOT NULL, started_at timestamptz NOT NULL,"
            + " finished_at timestamptz NOT NULL, data_as_of timestamptz,"
            + " was_concurrent boolean NOT NULL, why text NOT NULL, waited_ms bigint NOT NULL,"
            + " outcome text NOT NULL, error text)");
    session.execute("CREATE INDEX IF NOT EXISTS refresh_view ON " + table + " (view, id)");
    return true;
  }

  /** Whether some run for that moment or a later one succeeded. */
  boolean isDone(String view, Instant due) {
    return session
        .value("SELECT 1 FROM " + table + " WHERE view = ? AND due >= ?" + SUCCEEDED, view, at(due))
        .isPresent();
  }

  /** How old the data was that the view got last; empty where that is not known. */
  Optional<Instant> dataAsOf(String view) {
    return session
        .first(
            "SELECT data_as_of FROM "
                + table
                + " WHERE view = ?"
                + SUCCEEDED
                + " ORDER BY id DESC LIMIT 1",
            row -> row.optionalInstant("data_as_of"),
            view)
        .flatMap(found -> found);
  }

  void add(RefreshOutcome outcome) {
    String error = outcome.error();
    session.execute(
        "INSERT INTO "
            + table
            + " (view, due, started_at, finished_at, data_as_of, was_concurrent, why, waited_ms,"
            + " outcome, error) VALUES (?, ?, ?, ?, nullif(?, '')::timestamptz, ?, ?, ?, ?,"
            + " nullif(?, ''))",
        outcome.view(),
        at(outcome.due()),
        at(outcome.startedAt()),
        at(outcome.finishedAt()),
        outcome.dataAsOf().map(Instant::toString).orElse(""),
        outcome.concurrently(),
        outcome.why(),
        outcome.waited().toMillis(),
        outcome.result().name().toLowerCase(Locale.ROOT),
        error.substring(0, Math.min(error.length(), LONGEST_ERROR)));
    session.execute(
        "DELETE FROM %s WHERE view = ? AND id <= (SELECT id FROM %1$s WHERE view = ?"
                .formatted(table)
            + " ORDER BY id DESC OFFSET "
            + KEPT
            + " LIMIT 1)",
        outcome.view(),
        outcome.view());
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
