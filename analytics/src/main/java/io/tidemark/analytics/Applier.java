package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
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
 * whole transactions, each once. One thread uses it.
 */
final class Applier {
  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  private final PostgresSession target;
  private final SourceState state;
  private final FeedRole role;
  private final String advance;
  private final long limitBytes;
  private final Map<TableName, TableWriter> writers = new HashMap<>();
  private final List<ShapeChange> changed = new ArrayList<>();
  private final Set<TableName> again = new HashSet<>();
  private Lsn applied;
  private boolean inTransaction;
  private boolean catchingUp;
  private long transactions;
  private long changes;
  private final Map<TableName, Long> missing = new ConcurrentHashMap<>();

  /**
   * @param target a session of its own
   * @param applied where the feed is
   * @param catchingUp whether tables of the feed are not level with it yet
   * @param limitBytes of what is gathered of a large transaction at a time
   */
  Applier(
      PostgresSession target,
      SourceState state,
      FeedRole role,
      Lsn applied,
      boolean catchingUp,
      long limitBytes) {
    this.target = target;
    this.state = state;
    this.role = role;
    this.advance = state.advanceSql();
    this.applied = applied;
    this.catchingUp = catchingUp;
    this.limitBytes = limitBytes;
  }

  /**
   * Applies one batch, after those that came before it.
   *
   * @return where everything before is in the target now; null where its transaction goes on
   * @throws TableFailure where it is one table that cannot take its changes; the target is as it
   *     was after the last batch that gave a position
   */
  @Nullable Lsn apply(Batch batch) {
    try {
      begin();
      batch.changes().forEach(this::change);
      write(batch);
      LargeTransaction large = batch.large();
      if (large != null) {
        replay(large, batch);
      }
      transactions += batch.transactions();
      changes += batch.changeCount();
      if (!batch.isWhole()) {
        return null;
      }
      commit(batch);
      return batch.position();
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

  private void begin() {
    if (!inTransaction) {
      target.execute("BEGIN");
      inTransaction = true;
    }
  }

  private void write(Batch batch) {
    for (TableBatch each : batch.tables()) {
      write(each);
    }
  }

  private void write(TableBatch each) {
    MappedTable table = each.table();
    try {
      TableWriter writer = writer(table);
      each.apply(writer);
      long rows = writer.takeMissing();
      if (rows > 0) {
        missing.merge(table.target(), rows, Long::sum);
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
    return writers.computeIfAbsent(table.name(), _ -> new TableWriter(target, table));
  }

  private void change(ShapeChange change) {
    MappedTable table = change.before();
    LOG.info("{}: {}", table.target(), change.what());
    writers.remove(table.name());
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
    changed.add(change);
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
              write(part);
              changes += part.changeCount();
            });
    large.replay(new LargeSink(gatherer, batch.largeTables(), at));
    gatherer.cut();
  }

  private void commit(Batch batch) {
    Moment last = batch.last();
    long moved =
        target.update(
            advance,
            batch.position().toString(),
            transactions,
            changes,
            last == null ? null : last.commit().toString(),
            last == null ? null : last.text(),
            role.word(),
            applied.toString());
    if (moved != 1) {
      throw new TidemarkException(
          ErrorCode.LEASE_HELD,
          "the feed is not at %s any more, where this process has brought it".formatted(applied),
          "look for a second daemon with the same pipeline");
    }
    if (catchingUp) {
      state.caughtUp(target, role, batch.position());
      catchingUp =
          state.tables(target).stream()
              .anyMatch(
                  table ->
                      table.state() == TableState.CATCHING_UP
                          && table.isMain() == (role == FeedRole.MAIN));
    }
    target.execute("COMMIT");
    applied = batch.position();
    inTransaction = false;
    transactions = 0;
    changes = 0;
  }

  private void rollback(RuntimeException why) {
    inTransaction = false;
    transactions = 0;
    changes = 0;
    try {
      if (!target.isClosed()) {
        target.execute("ROLLBACK");
      }
    } catch (PostgresException e) {
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
