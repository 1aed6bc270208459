package io.tidemark.testing;

import java.util.List;

/** The tables of {@link AnalyticsWorkload}, and what a comparison has to know of them. */
final class AnalyticsWorkloadTables {
  static final int ACCOUNTS = 100;
  static final int START_BALANCE = 1000;

  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS ledger (
        worker int, seq bigint, xid bigint NOT NULL, PRIMARY KEY (worker, seq));
      CREATE TABLE IF NOT EXISTS tally (worker int PRIMARY KEY, last_seq bigint NOT NULL);
      CREATE TABLE IF NOT EXISTS accounts (id int PRIMARY KEY, balance bigint NOT NULL);
      CREATE TABLE IF NOT EXISTS customers (
        id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, phone text,
        country char(2) NOT NULL, born date, position bigint NOT NULL UNIQUE DEFERRABLE,
        updated_at timestamptz NOT NULL);
      CREATE TABLE IF NOT EXISTS orders (
        id uuid PRIMARY KEY, shop int NOT NULL, no bigint NOT NULL,
        customer_id bigint REFERENCES customers ON DELETE SET NULL ON UPDATE CASCADE,
        total numeric(12, 2) NOT NULL, created_at timestamptz NOT NULL, UNIQUE (shop, no));
      CREATE INDEX IF NOT EXISTS orders_customer_id ON orders (customer_id);
      CREATE TABLE IF NOT EXISTS order_lines (
        order_id uuid REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE, line int,
        article text NOT NULL, quantity int NOT NULL, PRIMARY KEY (order_id, line));
      CREATE TABLE IF NOT EXISTS events (
        id bigint, at timestamptz, kind text NOT NULL, state int NOT NULL, detail jsonb,
        PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      ALTER TABLE events ALTER detail SET STORAGE EXTERNAL;
      CREATE TABLE IF NOT EXISTS events_2026_01 PARTITION OF events
        FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
      CREATE TABLE IF NOT EXISTS events_2026_02 PARTITION OF events
        FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');
      CREATE TABLE IF NOT EXISTS events_other PARTITION OF events DEFAULT;
      CREATE TABLE IF NOT EXISTS readings (
        worker int, seq bigint, n int, value double precision NOT NULL, note text,
        PRIMARY KEY (worker, seq, n));
      CREATE TABLE IF NOT EXISTS notes (
        worker int NOT NULL, topic bigint, author text, body text, tags text[]);
      ALTER TABLE notes REPLICA IDENTITY FULL;
      CREATE TABLE IF NOT EXISTS log (worker int, line text, contact text);
      """;

  /** Each table with its key; without one where rows may be there twice. */
  static final List<Table> ALL =
      List.of(
          new Table("ledger", List.of("worker", "seq"), "worker, seq, xid"),
          new Table("tally", List.of("worker"), "worker, last_seq"),
          new Table("accounts", List.of("id"), "id, balance"),
          new Table(
              "customers",
              List.of("id"),
              "id, email, name, phone, country, born, position, updated_at"),
          new Table("orders", List.of("id"), "id, shop, no, customer_id, total, created_at"),
          new Table(
              "order_lines", List.of("order_id", "line"), "order_id, line, article, quantity"),
          new Table("events", List.of("id", "at"), "id, at, kind, state, detail"),
          new Table("readings", List.of("worker", "seq", "n"), "worker, seq, n, value, note"),
          new Table("notes", List.of(), "worker, topic, author, body, tags"),
          new Table("log", List.of(), "worker, line, contact"));

  /**
   * One of the tables.
   *
   * @param key columns of the primary key, empty without one
   * @param columnList those that are there from the start
   */
  record Table(String name, List<String> key, String columnList) {
    AnalyticsCheckedTable check(String sourceSchema, String targetSchema, String targetWhere) {
      return AnalyticsCheckedTable.of(sourceSchema + "." + name, targetSchema + "." + name)
          .columns(columnList.split(", "))
          .keyedBy(key.toArray(String[]::new))
          .targetWhere(targetWhere);
    }
  }

  private AnalyticsWorkloadTables() {}

  /** Every table, made unless it is there: also when a later workload goes on. */
  static List<String> create(String schema, int workers) {
    return List.of(
        "SET client_min_messages = warning",
        "CREATE SCHEMA IF NOT EXISTS " + schema,
        searchPath(schema),
        CREATE,
        "INSERT INTO accounts SELECT i, %d FROM generate_series(1, %d) i ON CONFLICT DO NOTHING"
            .formatted(START_BALANCE, ACCOUNTS),
        "INSERT INTO tally SELECT i, 0 FROM generate_series(1, %d) i ON CONFLICT DO NOTHING"
            .formatted(workers));
  }

  static String searchPath(String schema) {
    return "SET search_path = " + schema + ", public";
  }
}
