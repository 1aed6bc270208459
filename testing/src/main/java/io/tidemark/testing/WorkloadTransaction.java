package io.tidemark.testing;

import io.tidemark.testing.Workload.Acknowledged;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The transactions of one worker: what number n does follows from the seed, the worker and n. Its
 * rows have keys of its own, so that workers never wait for each other's row locks.
 */
final class WorkloadTransaction implements AutoCloseable {
  private static final long KEYS_PER_WORKER = 1_000_000_000_000L;
  private static final int KEYS_PER_TRANSACTION = 100;
  private static final String WORDS =
      "tide mark moon shore current wave harbour anchor chart depth sound pilot ebb flood buoy ";

  private final int worker;
  private final WorkloadBuilder settings;
  private final Statement statement;
  private final PreparedStatement insert;
  private final PreparedStatement update;
  private final PreparedStatement delete;
  private final PreparedStatement bulk;
  private final PreparedStatement ledger;

  WorkloadTransaction(Connection connection, int worker, WorkloadBuilder settings)
      throws SQLException {
    this.worker = worker;
    this.settings = settings;
    this.statement = connection.createStatement();
    this.insert = connection.prepareStatement(WorkloadTables.INSERT);
    this.update = connection.prepareStatement(WorkloadTables.UPDATE);
    this.delete = connection.prepareStatement(WorkloadTables.DELETE);
    this.bulk = connection.prepareStatement(WorkloadTables.BULK);
    this.ledger = connection.prepareStatement(WorkloadTables.LEDGER);
  }

  /** Runs number {@code seq} and commits; some numbers roll the same work back once before. */
  Acknowledged run(long seq) throws SQLException {
    if (random(seq).nextInt(100) == 0) {
      statement.execute("BEGIN");
      change(random(seq), seq);
      statement.execute("ROLLBACK");
    }
    statement.execute("BEGIN");
    change(random(seq), seq);
    long xid = record(seq);
    statement.execute("COMMIT");
    return new Acknowledged(worker, seq, xid, position());
  }

  private SplittableRandom random(long seq) {
    return new SplittableRandom(settings.seed * 31 + worker * KEYS_PER_WORKER + seq);
  }

  private void change(SplittableRandom random, long seq) throws SQLException {
    int kind = random.nextInt(100);
    if (kind < 50) {
      insertItems(random, seq, 1 + random.nextInt(4));
    } else if (kind < 78) {
      updateItems(random, seq);
    } else if (kind < 88) {
      deleteItems(random, seq);
    } else if (kind < 94) {
      insertEvents(seq, 1 + random.nextInt(10));
    } else if (kind < 96) {
      insertEvents(seq, settings.largeTransactionRows);
    } else if (kind < 98) {
      refillScratch(random, seq);
    } else {
      toggleIndex();
    }
  }

  private void insertItems(SplittableRandom random, long seq, int count) throws SQLException {
    for (int i = 0; i < count; i++) {
      insert.setLong(1, firstKey(seq) + i);
      insert.setInt(2, 0);
      insert.setString(3, text(random));
      insert.setString(4, json(random, seq));
      insert.setBytes(5, bytes(random));
      insert.addBatch();
    }
    insert.executeBatch();
  }

  private void updateItems(SplittableRandom random, long seq) throws SQLException {
    long key = firstKey(1 + random.nextLong(seq));
    update.setString(1, text(random));
    update.setBytes(2, bytes(random));
    update.setLong(3, key);
    update.setLong(4, key + 10L * KEYS_PER_TRANSACTION);
    update.executeUpdate();
  }

  private void deleteItems(SplittableRandom random, long seq) throws SQLException {
    long key = firstKey(1 + random.nextLong(seq));
    delete.setLong(1, key);
    delete.setLong(2, key + 5L * KEYS_PER_TRANSACTION);
    delete.executeUpdate();
  }

  private void insertEvents(long seq, int rows) throws SQLException {
    bulk.setInt(1, worker);
    bulk.setLong(2, seq);
    bulk.setString(3, worker + "/" + seq);
    bulk.setInt(4, rows);
    bulk.executeUpdate();
  }

  private void refillScratch(SplittableRandom random, long seq) throws SQLException {
    if (settings.truncates) {
      statement.execute("TRUNCATE workload.scratch_" + worker);
    }
    statement.execute(
        String.format(
            Locale.ROOT,
            "INSERT INTO workload.scratch_%d SELECT i, md5(i::text || %d) FROM generate_series(%d, %d) i",
            worker,
            seq,
            seq,
            seq + random.nextInt(200)));
  }

  /** On a table of the worker's own, so that nobody waits for the lock. */
  private void toggleIndex() throws SQLException {
    String index = "workload.scratch_" + worker + "_body";
    if (!settings.buildsIndexes) {
      return;
    }
    try (ResultSet row =
        statement.executeQuery("SELECT to_regclass('" + index + "') IS NOT NULL")) {
      row.next();
      boolean exists = row.getBoolean(1);
      statement.execute(
          exists
              ? "DROP INDEX " + index
              : "CREATE INDEX scratch_%d_body ON workload.scratch_%d (body)"
                  .formatted(worker, worker));
    }
  }

  private long record(long seq) throws SQLException {
    ledger.setInt(1, worker);
    ledger.setLong(2, seq);
    try (ResultSet row = ledger.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private String position() throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
      row.next();
      return row.getString(1);
    }
  }

  private long firstKey(long seq) {
    return worker * KEYS_PER_WORKER + seq * KEYS_PER_TRANSACTION;
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(1, 60); i > 0; i--) {
      int start = random.nextInt(WORDS.length() - 8);
      text.append(WORDS, start, start + 8).append(random.nextInt(100));
    }
    return text.toString();
  }

  private static String json(SplittableRandom random, long seq) {
    return String.format(
        Locale.ROOT,
        "{\"seq\": %d, \"depth\": %.3f, \"tags\": [\"%s\", \"%d\"]}",
        seq,
        random.nextDouble() * 40,
        random.nextBoolean() ? "ebb" : "flood",
        random.nextInt());
  }

  /** Mostly small; one in twenty is so large that it is stored out of line. */
  private static byte[] bytes(SplittableRandom random) {
    byte[] bytes = new byte[random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(300)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() throws SQLException {
    for (Statement each : new Statement[] {statement, insert, update, delete, bulk, ledger}) {
      each.close();
    }
  }
}
