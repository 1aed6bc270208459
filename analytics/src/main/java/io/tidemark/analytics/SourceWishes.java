package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.Optional;

/** What people want of one source, as commands have left it. As {@link SourceState}. */
final class SourceWishes {
  private final String schema;
  private final String pipeline;
  private final String source;

  /**
   * @param schema quoted
   */
  SourceWishes(String schema, String pipeline, String source) {
    this.schema = schema;
    this.pipeline = pipeline;
    this.source = source;
  }

  /** Empty where nobody has started it yet. */
  Optional<String> wish(PostgresSession target) {
    return target.value(
        "SELECT wish FROM " + schema + ".wish WHERE pipeline = ? AND source = ?", pipeline, source);
  }

  void setWish(PostgresSession target, String wish) {
    target.execute(
        "INSERT INTO "
            + schema
            + ".wish (pipeline, source, wish) VALUES (?, ?, ?) ON CONFLICT (pipeline, source) DO"
            + " UPDATE SET wish = excluded.wish, asked_at = clock_timestamp()",
        pipeline,
        source,
        wish);
  }

  /** Something asked for once. */
  record Request(long id, String kind, String detail) {}

  List<Request> requests(PostgresSession target) {
    return target.query(
        "SELECT id, kind, detail FROM "
            + schema
            + ".request WHERE pipeline = ? AND source = ? AND done_at IS NULL ORDER BY id LIMIT"
            + " 1000",
        row -> new Request(row.number("id"), row.text("kind"), row.text("detail")),
        pipeline,
        source);
  }

  void ask(PostgresSession target, String kind, String detail) {
    target.execute(
        "INSERT INTO " + schema + ".request (pipeline, source, kind, detail) VALUES (?, ?, ?, ?)",
        pipeline,
        source,
        kind,
        detail);
  }

  void answer(PostgresSession target, Request request, String outcome) {
    target.execute(
        "UPDATE " + schema + ".request SET done_at = clock_timestamp(), outcome = ? WHERE id = ?",
        outcome,
        request.id());
  }
}
