package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;

/**
 * Tidemark's own tables in the analytics database. What is in them is written in the transaction
 * whose data it speaks of, so it is true after any crash. Version 1.
 */
final class StateSchema {
  private static final int VERSION = 1;

  private static final String TABLES =
      """
      CREATE TABLE IF NOT EXISTS %1$s.version (version int PRIMARY KEY);
      INSERT INTO %1$s.version VALUES (1) ON CONFLICT DO NOTHING;

      CREATE TABLE IF NOT EXISTS %1$s.feed (
        pipeline text, source text, role text CHECK (role IN ('main', 'side')),
        slot text NOT NULL, system_id text NOT NULL, labels jsonb NOT NULL,
        consistent_lsn pg_lsn NOT NULL, applied_lsn pg_lsn NOT NULL,
        committed_lsn pg_lsn, committed_at timestamptz,
        data_as_of timestamptz, copied boolean NOT NULL DEFAULT false,
        transactions bigint NOT NULL DEFAULT 0, changes bigint NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (pipeline, source, role)) WITH (fillfactor = 50);

      CREATE TABLE IF NOT EXISTS %1$s.table_state (
        pipeline text, source text, source_table text, target_schema text NOT NULL,
        target_table text NOT NULL, state text NOT NULL, role text NOT NULL,
        skip_until pg_lsn, overlap_until pg_lsn, mapping text NOT NULL DEFAULT '',
        rows_copied bigint NOT NULL DEFAULT 0, bytes_copied bigint NOT NULL DEFAULT 0,
        bytes_planned bigint NOT NULL DEFAULT 0, by_comparison boolean NOT NULL DEFAULT false,
        note text NOT NULL DEFAULT '',
        storage text NOT NULL DEFAULT '',
        since timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (pipeline, source, source_table));

      CREATE TABLE IF NOT EXISTS %1$s.column_state (
        pipeline text, source text, source_table text, number int, source_name text NOT NULL,
        configured_name text NOT NULL, target_name text NOT NULL, source_type bigint NOT NULL, source_modifier int NOT NULL,
        target_type text NOT NULL, dropped boolean NOT NULL DEFAULT false,
        PRIMARY KEY (pipeline, source, source_table, number));

      CREATE TABLE IF NOT EXISTS %1$s.copy_range (
        pipeline text, source text, source_table text, leaf text, first_block bigint,
        rows bigint NOT NULL, bytes bigint NOT NULL,
        done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (pipeline, source, source_table, leaf, first_block));

      CREATE TABLE IF NOT EXISTS %1$s.wish (
        pipeline text, source text, wish text NOT NULL
          CHECK (wish IN ('running', 'paused', 'dropped')),
        asked_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (pipeline, source));

      CREATE TABLE IF NOT EXISTS %1$s.request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pipeline text NOT NULL,
        source text NOT NULL, kind text NOT NULL, detail text NOT NULL DEFAULT '',
        asked_at timestamptz NOT NULL DEFAULT clock_timestamp(), done_at timestamptz,
        outcome text);

      CREATE TABLE IF NOT EXISTS %1$s.verification (
        pipeline text, source text, source_table text, verified_at timestamptz NOT NULL,
        rows_compared bigint NOT NULL, missing bigint NOT NULL, surplus bigint NOT NULL,
        different bigint NOT NULL, undecided bigint NOT NULL, complete boolean NOT NULL,
        examples text NOT NULL DEFAULT '', note text NOT NULL DEFAULT '', position text,
        PRIMARY KEY (pipeline, source, source_table));

      CREATE TABLE IF NOT EXISTS %1$s.native_feed (
        pipeline text, source text, slot text NOT NULL, labels jsonb NOT NULL,
        applied_lsn pg_lsn NOT NULL, data_as_of timestamptz NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (pipeline, source)) WITH (fillfactor = 50);

      CREATE OR REPLACE VIEW %1$s.data_as_of AS
        SELECT f.pipeline, f.source, f.labels ->> 'site' AS site,
               f.labels ->> 'database' AS database, f.labels, f.data_as_of,
               clock_timestamp() - f.data_as_of AS age,
               coalesce(w.wish, 'running') AS state, f.applied_lsn, f.updated_at
          FROM (SELECT pipeline, source, labels, data_as_of, applied_lsn, updated_at
                  FROM %1$s.feed WHERE role = 'main'
                UNION ALL
                SELECT pipeline, source, labels, data_as_of, applied_lsn, updated_at
                  FROM %1$s.native_feed) f
          LEFT JOIN %1$s.wish w USING (pipeline, source);
      COMMENT ON VIEW %1$s.data_as_of IS
        'What every source had committed up to data_as_of is in the analytics database. Tables that come in beside the others (role side in table_state) may be older until they are level.';
      """;

  private StateSchema() {}

  /** Whether all of it is there. */
  static boolean isInstalled(PostgresSession target, String schema) {
    return target
        .value(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relname = 'native_feed'",
            schema)
        .isPresent();
  }

  /** Makes what is missing. */
  static void install(PostgresSession target, String schema) {
    String quoted = Sql.name(schema);
    if (!isInstalled(target, schema)) {
      // Two daemons that begin at the same time would both find nothing.
      target.transaction(
          () -> {
            target.query("SELECT pg_advisory_xact_lock(hashtext(?))", _ -> 0, "tidemark install");
            if (!isInstalled(target, schema)) {
              target.execute("CREATE SCHEMA IF NOT EXISTS " + quoted);
              target.execute(TABLES.formatted(quoted));
            }
            return true;
          });
    }
    int version =
        target
            .value("SELECT max(version) FROM " + quoted + ".version")
            .map(Integer::parseInt)
            .orElse(0);
    if (version != VERSION) {
      throw new TidemarkException(
          ErrorCode.FORMAT_NEWER,
          "the schema %s of the analytics database has version %d; expected %d"
              .formatted(schema, version, VERSION),
          "use the Tidemark that made it, or a newer one");
    }
  }
}
