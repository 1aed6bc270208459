package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies batches in the target: a batch that ends with a transaction, and the parts before it, in
 * one transaction of the target together with the position, so that after any crash the target has
 * whole transactions, each once. What does not depend on batches before it is written while others
 * apply those; it is committed after them. One thread uses it.
 */
final class Applier {
  /** Less than the session's lock_timeout, after which who waits for a lock gives up. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration LONG_TIME = Duration.ofMinutes(10);
  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  private final ApplyOrder order;
  private final PostgresSession target;
  private final SourceState state;
  private final FeedRole role;
  private final String advance;
  private final Independence independence;
  private final long limitBytes;
  private final Duration patience;
  private final Map<TableName, TableWriter> writers = new HashMap<>();
  private final Set<TableName> again = new HashSet<>();
  private boolean inTransaction;
  private long transactions;
  private long changes;

  /** In the transaction that is open. */
  private final Map<TableName, Long> missingNow = new HashMap<>();

  private final Map<TableName, Long> missing = new ConcurrentHashMap<>();

  /**
   * @param target a session of its own
   * @param limitBytes of what is gathered of a large transaction at a time
   * @param patience how long what was written early, and its locks, wait for their turn
   */
  Applier(
      ApplyOrder order,
      PostgresSession target,
      SourceState state,
      FeedRole role,
      long limitBytes,
      Duration patience) {
    this.order = order;
    this.target = target;
    this.state = state;
    this.role = role;
    this.advance = state.advanceSql();
    this.independence = new Independence(target);
    this.limitBytes = limitBytes;
    this.patience = patience;
  }

  /**
   * Applies one batch; its transaction is committed in its turn, or goes on with the next where the
   * batch is but a part of one.
   *
   * @throws TableFailure where it is one table that cannot take its changes; the target is as it
   *     was after the last batch that was committed
   * @throws InterruptedException where its turn will not come
   */
  void apply(Batch batch) throws InterruptedException {
    try {
      List<TableBatch> left = writeEarly(batch);
      begin();
      batch.changes().forEach(this::change);
      left.forEach(this::write);
      LargeTransaction large = batch.large();
      if (large != null) {
        replay(large, batch);
      }
      transactions += batch.transactions();
      changes += batch.changeCount();
      if (batch.isWhole()) {
        commit(batch);
      } else {
        order.written(batch);
      }
    } catch (RuntimeException e) {
      rollback(e);
      throw e;
    } finally {
      LargeTransaction large = batch.large();
      if (large != null) {
        large.close();
      }
    }
  }

  /**
   * Writes what need not wait for the batch's turn, and then waits for it.
   *
   * @return what is still to be written
   */
  private List<TableBatch> writeEarly(Batch batch) throws InterruptedException {
    List<TableBatch> all = List.copyOf(batch.tables());
    List<Batch> before = order.before(batch);
    if (before.isEmpty()) {
      return all;
    }
    if (order.isLevel()) {
      Independence.Parts parts = independence.of(batch, before);
      if (tryEarly(parts.early()) && order.awaitTurn(batch, patience)) {
        return parts.late();
      }
      // Who waits long for a turn holds no lock: somebody may wait for it whom the batch before
      // waits for in turn, and PostgreSQL would see no deadlock in that.
      rollback(null);
    }
    while (!order.awaitTurn(batch, LONG_TIME)) {
      LOG.warn("a batch waits for {} already for the one before it", LONG_TIME);
    }
    return all;
  }

  /** What does not succeed now may in its turn. */
  private boolean tryEarly(List<TableBatch> early) {
    if (early.isEmpty()) {
      return false;
    }
    try {
      begin();
      early.forEach(this::write);
      return true;
    } catch (TidemarkException e) {
      if (target.isClosed()) {
        throw e;
      }
      LOG.debug("written again in its turn", e);
      return false;
    }
  }

  private void begin() {
    if (!inTransaction) {
      // Each statement has to see what was committed before it, whatever the target's default is.
      target.execute("BEGIN ISOLATION LEVEL READ COMMITTED");
      inTransaction = true;
    }
  }

  private void write(TableBatch each) {
    MappedTable table = each.table();
    try {
      TableWriter writer = writer(table);
      each.apply(writer);
      long rows = writer.takeMissing();
      if (rows > 0) {
        missingNow.merge(table.target(), rows, Long::sum);
      }
      if (writer.takeLost() && again.add(table.name())) {
        LOG.info(
            "{}: a row was moved while its copy was broken off; the table comes in again",
            table.target());
        state.wishes().ask(target, "resync", table.name().toString());
      }
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
  }

  private TableWriter writer(MappedTable table) {
    TableWriter writer = writers.get(table.name());
    if (writer == null || !writer.isOf(table)) {
      writer = new TableWriter(target, table);
      writers.put(table.name(), writer);
    }
    return writer;
  }

  private void change(ShapeChange change) {
    MappedTable table = change.before();
    LOG.info("{}: {}", table.target(), change.what());
    try {
      change.statements().forEach(target::execute);
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
    change
        .after()
        .ifPresentOrElse(
            after -> state.columns().save(target, after),
            () ->
                state.setTable(
                    target,
                    table.name(),
                    table.target(),
                    change.resync() ? TableState.PLANNED : TableState.HELD,
                    change.resync() ? FeedRole.SIDE : role,
                    change.what()));
    if (change.resync() && change.after().isPresent()) {
      state.wishes().ask(target, "resync", table.name().toString());
    }
  }

  private void replay(LargeTransaction large, Batch batch) {
    Moment at = batch.last();
    if (at == null) {
      throw new IllegalStateException("a large transaction without an end");
    }
    Gatherer gatherer =
        new Gatherer(
            limitBytes,
            part -> {
              part.changes().forEach(this::change);
              part.tables().forEach(this::write);
              changes += part.changeCount();
            });
    large.replay(new LargeSink(gatherer, batch.largeTables(), at));
    gatherer.cut();
  }

  private void commit(Batch batch) {
    Moment last = batch.last();
    Lsn from = order.applied();
    long moved =
        target.update(
            advance,
            batch.position().toString(),
            transactions,
            changes,
            last == null ? null : last.commit().toString(),
            last == null ? null : last.text(),
            role.word(),
            from.toString());
    if (moved != 1) {
      throw new TidemarkException(
          ErrorCode.LEASE_HELD,
          "the feed is not at %s any more, where this process has brought it".formatted(from),
          "look for a second daemon with the same pipeline");
    }
    boolean level = order.isLevel() || catchUp(batch.position());
    target.execute("COMMIT");
    missingNow.forEach((table, rows) -> missing.merge(table, rows, Long::sum));
    order.committed(batch, level);
    ended();
  }

  /** Whether all tables of the feed are level with a position. */
  private boolean catchUp(Lsn position) {
    state.caughtUp(target, role, position);
    return state.tables(target).stream()
        .noneMatch(
            table ->
                table.state() == TableState.CATCHING_UP
                    && table.isMain() == (role == FeedRole.MAIN));
  }

  private void ended() {
    inTransaction = false;
    transactions = 0;
    changes = 0;
    missingNow.clear();
  }

  /**
   * @param why it is done; gets what went wrong with it
   */
  private void rollback(@Nullable RuntimeException why) {
    boolean open = inTransaction;
    ended();
    // What they remember of the transaction never was.
    writers.clear();
    try {
      if (open && !target.isClosed()) {
        target.execute("ROLLBACK");
      }
    } catch (PostgresException e) {
      if (why == null) {
        throw e;
      }
      why.addSuppressed(e);
    }
  }

  /**
   * Rows that a change was for and that were not there, by table, since the last call. For any
   * thread.
   */
  Map<TableName, Long> takeMissing() {
    Map<TableName, Long> found = new TreeMap<>();
    for (TableName table : List.copyOf(missing.keySet())) {
      Long rows = missing.remove(table);
      if (rows != null) {
        found.put(table, rows);
      }
    }
    return found;
  }

  /** Gathers the changes of a large transaction that tables want. */
  private record LargeSink(Gatherer to, Map<TableName, ActiveTable> tables, Moment at)
      implements LargeTransaction.Sink {
    @Override
    public void insert(MappedTable table, byte[] @Nullable [] row) {
      if (wants(table)) {
        to.insert(table, overlaps(table), row, at);
      }
    }

    @Override
    public void update(
        MappedTable table, byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row) {
      if (wants(table)) {
        to.update(table, overlaps(table), old, row, at);
      }
    }

    @Override
    public void delete(MappedTable table, byte[] @Nullable [] old) {
      if (wants(table)) {
        to.delete(table, overlaps(table), old, at);
      }
    }

    @Override
    public void truncate(MappedTable table) {
      if (wants(table)) {
        to.truncate(table, overlaps(table), at);
      }
    }

    @Override
    public void change(ShapeChange change) {
      ActiveTable active = tables.get(change.before().name());
      if (active == null || active.wants(at)) {
        to.change(change);
      }
    }

    private boolean wants(MappedTable table) {
      ActiveTable active = tables.get(table.name());
      return active != null && active.wants(at);
    }

    private boolean overlaps(MappedTable table) {
      ActiveTable active = tables.get(table.name());
      return active != null && active.overlaps(at);
    }
  }
}
