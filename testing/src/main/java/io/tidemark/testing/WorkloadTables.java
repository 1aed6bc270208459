package io.tidemark.testing;

/** The SQL of {@link Workload}. */
final class WorkloadTables {
  /** Adds a marker to the ledger in one statement, so in one transaction, and gives its id. */
  static final String MARK =
      """
      INSERT INTO workload.ledger
      SELECT 0, coalesce(max(seq), 0) + 1, pg_current_xact_id()::text::bigint, clock_timestamp()
        FROM workload.ledger WHERE worker = 0
      RETURNING xid
      """;

  static final String LEDGER =
      """
      INSERT INTO workload.ledger
      VALUES (?, ?, pg_current_xact_id()::text::bigint, clock_timestamp()) RETURNING xid
      """;

  static final String INSERT =
      "INSERT INTO workload.item VALUES (?, ?, ?, ?::jsonb, ?) ON CONFLICT (id) DO NOTHING";

  static final String UPDATE =
      """
      UPDATE workload.item SET version = version + 1, note = ?, payload = ?,
             attributes = attributes || jsonb_build_object('version', version + 1)
       WHERE id BETWEEN ? AND ?
      """;

  static final String DELETE = "DELETE FROM workload.item WHERE id BETWEEN ? AND ?";

  static final String BULK =
      """
      INSERT INTO workload.event (worker, seq, body)
      SELECT ?, ?, repeat(md5(i::text || ?), 4) FROM generate_series(1, ?) AS i
      """;

  private WorkloadTables() {}

  /** Every table, made unless it is there: also when a later workload goes on. */
  static String create(int workers) {
    StringBuilder sql =
        new StringBuilder(
            """
            SET client_min_messages = warning;
            CREATE SCHEMA IF NOT EXISTS workload;
            CREATE TABLE IF NOT EXISTS workload.ledger (
              worker int, seq bigint, xid bigint NOT NULL, at timestamptz NOT NULL,
              PRIMARY KEY (worker, seq));
            CREATE TABLE IF NOT EXISTS workload.item (
              id bigint PRIMARY KEY, version int NOT NULL, note text NOT NULL,
              attributes jsonb NOT NULL, payload bytea NOT NULL);
            CREATE TABLE IF NOT EXISTS workload.event (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              worker int NOT NULL, seq bigint NOT NULL, body text NOT NULL);
            """);
    for (int worker = 1; worker <= workers; worker++) {
      sql.append(
          "CREATE TABLE IF NOT EXISTS workload.scratch_%d (id bigint, body text);\n"
              .formatted(worker));
    }
    return sql.toString();
  }

  /** Where the log ends after that transaction, the time, and when it was recorded to commit. */
  static String marked(long xid) {
    return """
        SELECT pg_current_wal_insert_lsn(), clock_timestamp(),
               CASE WHEN current_setting('track_commit_timestamp')::boolean
                    THEN pg_xact_commit_timestamp('%d'::xid) END
        """
        .formatted(xid & 0xFFFF_FFFFL);
  }
}
