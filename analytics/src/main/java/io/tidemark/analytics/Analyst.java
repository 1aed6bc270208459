package io.tidemark.analytics;

import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * An analyst as {@code tidemark analytics user list} shows one.
 *
 * @param schemaBytes of the tables and materialized views in the own schema
 * @param sessions that are open now, in any database of the cluster
 * @param lastActive when one of these sessions last began or ended a statement; empty without
 *     sessions, or where Tidemark's role may not see it (pg_read_all_stats). PostgreSQL does not
 *     keep when somebody was last there
 * @param queryTime of all statements since statistics were reset; empty without pg_stat_statements
 */
public record Analyst(
    String name,
    boolean mayLogIn,
    int tables,
    long schemaBytes,
    int sessions,
    Optional<Instant> lastActive,
    Optional<Duration> queryTime) {

  static Analyst read(Row row) throws SQLException {
    return new Analyst(
        row.text("rolname"),
        row.flag("rolcanlogin"),
        Math.toIntExact(row.number("tables")),
        row.number("bytes"),
        Math.toIntExact(row.number("sessions")),
        row.optionalInstant("last_active"),
        row.optionalMicros("query_micros"));
  }
}
