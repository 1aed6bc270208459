package io.tidemark.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The statements of one transaction, without BEGIN and COMMIT, as they follow from the seed, the
 * worker and the number. Its rows have keys of its worker alone, so that workers wait for each
 * other only at accounts, which come last, and at TRUNCATE, which comes first: no deadlock.
 */
final class AnalyticsWorkloadTransaction {
  static final long KEYS_PER_WORKER = 1_000_000_000_000L;
  private static final int KEYS_PER_TRANSACTION = 1000;
  private static final int KEYS_PER_PART = 100;
  private static final int MOVED = 500;
  private static final int BULK = 50;

  private static final List<String> TRUNCATED =
      List.of("log", "notes", "order_lines", "events", "readings");

  private final AnalyticsWorkloadBuilder settings;
  private final AnalyticsPersonalValues persons;
  private final int worker;
  private final long seq;
  private final SplittableRandom random;
  private final List<String> statements = new ArrayList<>();
  private int part;

  private AnalyticsWorkloadTransaction(
      AnalyticsWorkloadBuilder settings, AnalyticsPersonalValues persons, int worker, long seq) {
    this.settings = settings;
    this.persons = persons;
    this.worker = worker;
    this.seq = seq;
    this.random = new SplittableRandom(settings.seed * 31 + worker * KEYS_PER_WORKER + seq);
  }

  /**
   * A transaction.
   *
   * @param rolledBackBefore the same work is first done and rolled back
   * @param alone runs while no other does, because it locks several tables wholly
   */
  record Plan(List<String> statements, boolean rolledBackBefore, boolean alone) {}

  static Plan plan(
      AnalyticsWorkloadBuilder settings, AnalyticsPersonalValues persons, int worker, long seq) {
    return new AnalyticsWorkloadTransaction(settings, persons, worker, seq).plan();
  }

  private Plan plan() {
    boolean rolledBackBefore = random.nextInt(50) == 0;
    boolean alone = changeSchema();
    alone |= truncate();
    if (random.nextInt(settings.largeTransactionEvery) == 0) {
      large();
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      change();
    }
    if (random.nextInt(5) == 0) {
      inSavepoints();
    }
    account();
    return new Plan(List.copyOf(statements), rolledBackBefore, alone);
  }

  /** Worker 1 alone, so that the number of a change follows from its own number. */
  private boolean changeSchema() {
    if (worker != 1 || seq % settings.schemaChangeEvery != 0) {
      return false;
    }
    statements.addAll(settings.schemaChanges.change(seq / settings.schemaChangeEvery));
    return true;
  }

  private boolean truncate() {
    if (!settings.truncates || random.nextInt(150) != 0) {
      return false;
    }
    if (settings.truncatesPartitions && random.nextInt(4) == 0) {
      sql("TRUNCATE events_2026_02");
      return false;
    }
    int choice = random.nextInt(TRUNCATED.size() + 1);
    boolean several = choice == TRUNCATED.size();
    sql("TRUNCATE " + (several ? "customers CASCADE" : TRUNCATED.get(choice)));
    return several;
  }

  private void inSavepoints() {
    sql("SAVEPOINT outer_one");
    change();
    sql("SAVEPOINT inner_one");
    change();
    statements.add(random.nextBoolean() ? "ROLLBACK TO inner_one" : "RELEASE inner_one");
    if (random.nextBoolean()) {
      sql("ROLLBACK TO outer_one");
    }
  }

  private void change() {
    switch (random.nextInt(20)) {
      case 0, 1, 2 -> insertCustomers();
      case 3 -> insertCustomersInBulk();
      case 4, 5 -> updateCustomers();
      case 6 -> changeCustomerKeys();
      case 7 -> swapValues();
      case 8 -> delete("customers", "id");
      case 9, 10, 11 -> insertOrder();
      case 12 -> updateOrders();
      case 13 -> deleteOrders();
      case 14, 15 -> insertEvents();
      case 16, 17 -> updateEvents();
      case 18 -> writeNotes();
      default -> writeLog();
    }
    part++;
  }

  // Customers

  private void insertCustomers() {
    for (int i = 0; i < 2 + random.nextInt(3); i++) {
      long key = newKey() + i;
      sql(
          "INSERT INTO customers VALUES (%d, '%s', '%s', %s, '%s', date '1950-01-01' + %d, %d, %s)"
              .formatted(
                  key,
                  persons.email(key, 0),
                  persons.name(key, 0),
                  random.nextInt(4) == 0 ? "NULL" : "'" + persons.phone(key, 0) + "'",
                  random.nextBoolean() ? "DE" : "GB",
                  random.nextInt(20_000),
                  key,
                  time()));
    }
  }

  private void insertCustomersInBulk() {
    sql(
        """
        INSERT INTO customers
        SELECT %1$d + i, '%2$s' || md5('e%1$d' || i) || '@bulk.example', '%2$s' || md5('n' || i),
               NULL, 'FR', NULL, %1$d + i, %3$s FROM generate_series(0, %4$d) i
        """
            .formatted(newKey(), persons.prefix(), time(), BULK - 1));
  }

  private void updateCustomers() {
    long key = pastKey();
    List<String> also =
        worker == 1
            ? settings.schemaChanges.assignments(
                seq / settings.schemaChangeEvery, random.nextInt(1_000_000))
            : List.of();
    sql(
        "UPDATE customers SET name = '%s', updated_at = %s%s WHERE id BETWEEN %d AND %d"
            .formatted(
                persons.name(key, seq),
                time(),
                also.isEmpty() ? "" : ", " + String.join(", ", also),
                key,
                key + 3L * KEYS_PER_TRANSACTION));
    sql("UPDATE customers SET phone = '%s' WHERE id = %d".formatted(persons.phone(key, seq), key));
  }

  private void changeCustomerKeys() {
    long key = pastKey();
    if (random.nextBoolean()) {
      sql(
          "UPDATE customers SET id = id + %1$d WHERE id BETWEEN %2$d AND %3$d AND id %% 1000 < %1$d"
              .formatted(MOVED, key, key + KEYS_PER_TRANSACTION - 1));
    } else {
      sql("UPDATE customers SET id = -id WHERE id IN (%d, %d)".formatted(key, key + 1));
      sql(
          ("UPDATE customers SET id = CASE id WHEN -%1$d THEN %2$d ELSE %1$d END"
                  + " WHERE id IN (-%1$d, -%2$d)")
              .formatted(key, key + 1));
    }
  }

  /** Two rows exchange what is unique: through a third value, and within one statement. */
  private void swapValues() {
    long key = pastKey();
    String both = "(%d, %d)".formatted(key, key + 1);
    sql("UPDATE customers SET email = 'swap:' || email WHERE id IN %s".formatted(both));
    sql(
        ("UPDATE customers c SET email = substr(o.email, 6) FROM customers o"
                + " WHERE c.id IN %1$s AND o.id IN %1$s AND c.id <> o.id")
            .formatted(both));
    sql(
        "UPDATE customers SET email = substr(email, 6) WHERE id IN %s AND email LIKE 'swap:%%'"
            .formatted(both));
    sql(
        ("UPDATE customers SET position = CASE position WHEN %1$d THEN %2$d ELSE %1$d END"
                + " WHERE position IN (%1$d, %2$d)")
            .formatted(key, key + 1));
  }

  private void delete(String table, String column) {
    long key = pastKey();
    sql(
        "DELETE FROM %s WHERE %s BETWEEN %d AND %d"
            .formatted(table, column, key, key + random.nextInt(3000)));
  }

  // Orders

  private void insertOrder() {
    UUID id = new UUID(random.nextLong(), random.nextLong());
    long customer = pastKey();
    sql(
        """
        INSERT INTO orders VALUES ('%s', %d, %d, (SELECT max(id) FROM customers
          WHERE id BETWEEN %d AND %d), %d.%02d, %s)
        """
            .formatted(
                id,
                worker,
                newKey(),
                customer,
                customer + 20L * KEYS_PER_TRANSACTION,
                random.nextInt(5000),
                random.nextInt(100),
                time()));
    sql(
        "INSERT INTO order_lines SELECT '%s', i, 'article ' || i * %d, i FROM generate_series(1, %d) i"
            .formatted(id, 1 + random.nextInt(9), 1 + random.nextInt(5)));
  }

  private void updateOrders() {
    long no = pastKey();
    String those = "shop = %d AND no BETWEEN %d AND %d".formatted(worker, no, no + 2000);
    sql("UPDATE orders SET total = total + 1 WHERE %s".formatted(those));
    sql(
        ("UPDATE order_lines SET quantity = quantity + 1, line = line + 10"
                + " WHERE order_id IN (SELECT id FROM orders WHERE %s)")
            .formatted(those));
    if (random.nextBoolean()) {
      sql("UPDATE orders SET no = no + %d WHERE %s AND no %% 1000 < %1$d".formatted(MOVED, those));
    } else {
      sql("UPDATE orders SET id = md5(id::text)::uuid WHERE %s".formatted(those));
    }
  }

  private void deleteOrders() {
    long no = pastKey();
    sql(
        "DELETE FROM orders WHERE shop = %d AND no BETWEEN %d AND %d"
            .formatted(worker, no, no + 1000));
  }

  // The rest

  private void insertEvents() {
    sql(
        """
        INSERT INTO events
        SELECT %1$d + i, timestamptz '2026-01-01Z' + (%2$d + i * 7) %% 100 * interval '1 day',
               'kind ' || i %% 3, 0,
               CASE WHEN i %% 3 = 0 THEN jsonb_build_object('n', i, 'trace', (
                 SELECT string_agg(md5(%1$d || '/' || i * 1000 + k), '')
                   FROM generate_series(1, %3$d) k)) END
          FROM generate_series(0, %4$d) i
        """
            .formatted(
                newKey(), random.nextInt(100), 70 + random.nextInt(200), 2 + random.nextInt(6)));
  }

  private void updateEvents() {
    long key = pastKey();
    String those = "id BETWEEN %d AND %d".formatted(key, key + 5L * KEYS_PER_TRANSACTION);
    switch (random.nextInt(6)) {
      case 0 -> sql("UPDATE events SET at = at + interval '31 days' WHERE %s".formatted(those));
      case 1 ->
          sql("UPDATE events SET detail = detail || '{\"n\": %d}' WHERE %s".formatted(seq, those));
      case 2 -> sql("DELETE FROM events WHERE %s".formatted(those));
      default -> sql("UPDATE events SET state = state + 1 WHERE %s".formatted(those));
    }
  }

  private void writeNotes() {
    long topic = newKey();
    sql(
        "INSERT INTO notes VALUES (%d, %d, '%s', repeat('note %2$d ', %d), ARRAY['a', NULL, 'b\"c'])"
            .formatted(worker, topic, persons.name(topic, 1), random.nextBoolean() ? 2 : 400));
    if (settings.duplicateRows) {
      sql("INSERT INTO notes SELECT * FROM notes WHERE topic = %d".formatted(topic));
    }
    long past = pastKey();
    String those = "topic BETWEEN %d AND %d".formatted(past, past + 20L * KEYS_PER_TRANSACTION);
    if (random.nextBoolean()) {
      sql("UPDATE notes SET tags = tags || '%d'::text WHERE %s".formatted(seq, those));
    } else {
      sql(
          ("DELETE FROM notes WHERE ctid IN"
                  + " (SELECT ctid FROM notes WHERE %s ORDER BY topic, ctid LIMIT 1)")
              .formatted(those));
    }
  }

  private void writeLog() {
    long key = newKey();
    sql(
        "INSERT INTO log VALUES (%d, 'line %d', '%s')"
            .formatted(worker, seq, persons.email(key, 2)));
    sql(
        "INSERT INTO log SELECT %d, 'lines', NULL FROM generate_series(1, %d)"
            .formatted(worker, random.nextInt(5)));
  }

  /** A subtransaction of it is aborted after half of its rows. */
  private void large() {
    int rows = settings.largeTransactionRows;
    sql("DELETE FROM readings WHERE worker = %d AND seq < %d".formatted(worker, seq));
    readings(1, rows / 2);
    sql("SAVEPOINT large");
    readings(rows / 2 + 1, rows);
    sql("UPDATE readings SET note = 'never' WHERE worker = %d AND n %% 10 = 0".formatted(worker));
    sql("ROLLBACK TO large");
    sql("SAVEPOINT large_again");
    readings(rows / 2 + 1, rows);
    sql("RELEASE large_again");
    sql(
        "UPDATE readings SET value = value + 1 WHERE worker = %d AND n %% 10 = 0"
            .formatted(worker));
  }

  private void readings(int from, int to) {
    sql(
        ("INSERT INTO readings SELECT %1$d, %2$d, i, i / 8.0, 'reading ' || i %% 97"
                + " FROM generate_series(%3$d, %4$d) i")
            .formatted(worker, seq, from, to));
  }

  /** What every transaction ends with, and what shows whether it is whole. */
  private void account() {
    int from = 1 + random.nextInt(AnalyticsWorkloadTables.ACCOUNTS);
    int to = 1 + random.nextInt(AnalyticsWorkloadTables.ACCOUNTS);
    if (from != to) {
      sql("SELECT FROM accounts WHERE id IN (%d, %d) ORDER BY id FOR UPDATE".formatted(from, to));
      sql("UPDATE accounts SET balance = balance - %d WHERE id = %d".formatted(1 + seq % 9, from));
      sql("UPDATE accounts SET balance = balance + %d WHERE id = %d".formatted(1 + seq % 9, to));
    }
    sql("UPDATE tally SET last_seq = %d WHERE worker = %d".formatted(seq, worker));
    sql(
        "INSERT INTO ledger VALUES (%d, %d, pg_current_xact_id()::text::bigint)"
            .formatted(worker, seq));
  }

  /** The first of a hundred keys that nobody else uses. */
  private long newKey() {
    return firstKey(seq) + (long) part * KEYS_PER_PART;
  }

  private long pastKey() {
    long past = seq - random.nextLong(Math.min(seq, 100));
    return firstKey(past) + random.nextLong(2) * KEYS_PER_PART;
  }

  private long firstKey(long number) {
    return worker * KEYS_PER_WORKER + number * KEYS_PER_TRANSACTION;
  }

  private String time() {
    return "timestamptz '2026-01-01Z' + interval '%d s'".formatted(seq);
  }

  private void sql(String statement) {
    statements.add(statement);
  }
}
