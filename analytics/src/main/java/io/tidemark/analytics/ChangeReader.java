package io.tidemark.analytics;

import io.tidemark.analytics.CatalogWatch.Truncation;
import io.tidemark.postgres.LogicalMessage;
import io.tidemark.postgres.LogicalMessage.Relation;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TupleData;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of the messages of a stream. Changes of transactions that are committed go into the
 * batch at once; those of others into a file until it is known. Nothing here waits or writes to the
 * target. One thread uses it.
 */
final class ChangeReader implements AutoCloseable {
  private static final int TRUNCATIONS_LIMIT = 1000;

  /** What a table with another shape becomes. Asks the source, now and then. */
  @FunctionalInterface
  interface ShapeAdvisor {
    ShapeChange advise(MappedTable table, Relation relation);
  }

  /** A table as its changes are sent now. */
  private record Bound(ActiveTable active, RelationBinding binding) {
    MappedTable table() {
      return binding.table();
    }
  }

  private final Map<TableName, ActiveTable> tables;
  private final ShapeAdvisor advisor;
  private final Path spoolDirectory;
  private final String spoolPrefix;
  private final Gatherer gatherer;
  private final Deque<Batch> ready = new ArrayDeque<>();
  private final Map<Integer, Bound> bindings = new HashMap<>();

  /** Of another shape, of tables that have in their copy what is sent now. */
  private final Map<Integer, Relation> early = new HashMap<>();

  /** As they were sent last. */
  private final Map<Integer, Relation> relations = new HashMap<>();

  private final Map<Integer, Deque<Former>> formers = new HashMap<>();
  private final Set<Truncation> truncations = new LinkedHashSet<>();
  private final Map<Integer, LargeTransaction> large = new HashMap<>();
  private @Nullable LargeTransaction block;
  private int blockXid;
  private boolean inTransaction;
  private int xid;
  private Moment at = new Moment(Lsn.ZERO, Instant.EPOCH);

  /**
   * What a table was before a transaction that has not ended changed its shape. Its lock keeps
   * everybody else from the table until then.
   */
  private record Former(int xid, ActiveTable active, int relation, @Nullable Bound bound) {}

  /**
   * @param tables whose changes are wanted; changed by changes of shape
   * @param limitBytes of a batch, about
   */
  ChangeReader(
      Map<TableName, ActiveTable> tables,
      ShapeAdvisor advisor,
      Path spoolDirectory,
      String spoolPrefix,
      long limitBytes) {
    this.tables = new HashMap<>(tables);
    this.advisor = advisor;
    this.spoolDirectory = spoolDirectory;
    this.spoolPrefix = spoolPrefix;
    this.gatherer = new Gatherer(limitBytes, ready::add);
  }

  /**
   * Takes one message.
   *
   * @throws BinaryUnfit where a table has changed so that its values must come as text
   */
  void accept(LogicalMessage message) {
    switch (message) {
      case LogicalMessage.Begin begin -> begin(begin);
      case LogicalMessage.Commit commit -> commit(commit);
      case LogicalMessage.Relation relation -> relation(relation);
      case LogicalMessage.Insert insert -> insert(insert);
      case LogicalMessage.Update update -> update(update);
      case LogicalMessage.Delete delete -> delete(delete);
      case LogicalMessage.Truncate truncate -> truncate(truncate);
      case LogicalMessage.StreamStart start -> {
        block = large.computeIfAbsent(start.xid(), _ -> spool());
        blockXid = start.xid();
      }
      case LogicalMessage.StreamStop _ -> block = null;
      case LogicalMessage.StreamCommit commit -> commit(commit);
      case LogicalMessage.StreamAbort abort -> abort(abort);
      case LogicalMessage.Type _, LogicalMessage.Origin _, LogicalMessage.Message _ -> {}
    }
  }

  private LargeTransaction spool() {
    return new LargeTransaction(spoolDirectory, spoolPrefix);
  }

  private void begin(LogicalMessage.Begin begin) {
    inTransaction = true;
    xid = begin.xid();
    at = new Moment(begin.finalLsn(), begin.commitTime());
    gatherer.batch().begins();
  }

  private void commit(LogicalMessage.Commit commit) {
    inTransaction = false;
    gatherer.batch().ended(at, commit.endLsn());
  }

  /** It comes after everything that is gathered, and with nothing else. */
  private void commit(LogicalMessage.StreamCommit commit) {
    LargeTransaction committed = large.remove(commit.xid());
    if (committed != null) {
      Moment moment = new Moment(commit.commitLsn(), commit.commitTime());
      keepShapes(commit.xid(), moment);
      gatherer.cut();
      gatherer.batch().add(committed, tables);
      gatherer.batch().ended(moment, commit.endLsn());
      gatherer.cut();
    }
  }

  /** A change of shape that a copy has already is left out; bindings have followed it. */
  private void keepShapes(int transaction, Moment moment) {
    Deque<Former> all = formers.remove(transaction);
    while (all != null && !all.isEmpty()) {
      Former former = all.pop();
      Relation last = relations.get(former.relation());
      if (!former.active().wants(moment) && last != null) {
        tables.put(former.active().mapped().name(), former.active());
        bindings.remove(former.relation());
        early.put(former.relation(), last);
      }
    }
  }

  /** Bindings have followed a change that never happened. */
  private void takeBack(LogicalMessage.StreamAbort abort) {
    Deque<Former> all = formers.getOrDefault(abort.xid(), new ArrayDeque<>());
    for (Former former : List.copyOf(all)) {
      if (abort.xid() == abort.subXid() || former.xid() == abort.subXid()) {
        all.remove(former);
        tables.put(former.active().mapped().name(), former.active());
        early.remove(former.relation());
        if (former.bound() == null) {
          bindings.remove(former.relation());
        } else {
          bindings.put(former.relation(), former.bound());
        }
      }
    }
  }

  private void abort(LogicalMessage.StreamAbort abort) {
    takeBack(abort);
    LargeTransaction its = large.get(abort.xid());
    if (its == null) {
      return;
    }
    if (abort.xid() == abort.subXid()) {
      large.remove(abort.xid());
      its.close();
    } else {
      its.abort(abort.subXid());
    }
  }

  private void relation(Relation relation) {
    relations.put(relation.oid(), relation);
    early.remove(relation.oid());
    Bound former = bindings.remove(relation.oid());
    ActiveTable active = tables.get(name(relation));
    if (active != null) {
      bind(active, relation, former);
    }
  }

  private void bind(ActiveTable active, Relation relation, @Nullable Bound former) {
    MappedTable mapped = active.mapped();
    if (RelationBinding.fits(mapped, relation) && !RelationBinding.hasMore(mapped, relation)) {
      bind(active, relation);
    } else if (block == null && !active.wants(at)) {
      early.put(relation.oid(), relation);
    } else {
      adapt(active, relation, former);
    }
  }

  private void bind(ActiveTable active, Relation relation) {
    RelationBinding binding = RelationBinding.of(active.mapped(), relation);
    bindings.put(relation.oid(), new Bound(active, binding));
  }

  private static TableName name(Relation relation) {
    return new TableName(relation.schema(), relation.name());
  }

  private void adapt(ActiveTable active, Relation relation, @Nullable Bound former) {
    ShapeChange change = advisor.advise(active.mapped(), relation);
    change.after().ifPresent(ChangeReader::requireForm);
    if (block != null) {
      formers
          .computeIfAbsent(blockXid, _ -> new ArrayDeque<>())
          .push(new Former(relation.xid(), active, relation.oid(), former));
    }
    if (!change.isNothing()) {
      change(relation.xid(), change);
    }
    change
        .after()
        .ifPresentOrElse(
            after -> {
              tables.put(after.name(), active.with(after));
              bind(active.with(after), relation);
            },
            () -> tables.remove(active.mapped().name()));
  }

  /** What is sent so cannot be put into the target. */
  private static void requireForm(MappedTable after) {
    if (after.form() == ValueForm.BINARY) {
      BinaryForm.obstacle(after)
          .ifPresent(
              found -> {
                throw new BinaryUnfit(found);
              });
    }
  }

  /** How rows of a relation are read; null where they are not wanted. */
  private @Nullable Bound bound(int relation) {
    Relation former = early.get(relation);
    ActiveTable active = former == null ? null : tables.get(name(former));
    if (former != null && active != null && (block != null || active.wants(at))) {
      early.remove(relation);
      bind(active, former, null);
    }
    return bindings.get(relation);
  }

  private void change(int xid, ShapeChange change) {
    LargeTransaction to = block;
    if (to == null) {
      gatherer.change(change);
    } else {
      to.change(xid, change);
    }
  }

  private void insert(LogicalMessage.Insert insert) {
    Bound bound = bound(insert.relation());
    if (bound == null) {
      return;
    }
    LargeTransaction to = block;
    if (to != null) {
      to.insert(insert.xid(), bound.table(), bound.binding().row(insert.row()));
    } else if (bound.active().wants(at)) {
      gatherer.insert(
          bound.table(), bound.active().overlaps(at), bound.binding().row(insert.row()), at);
    }
  }

  private void update(LogicalMessage.Update update) {
    Bound bound = bound(update.relation());
    if (bound == null) {
      return;
    }
    TupleData former = update.old();
    byte @Nullable [] @Nullable [] old = former == null ? null : bound.binding().row(former);
    byte[] @Nullable [] row = bound.binding().row(update.row());
    LargeTransaction to = block;
    if (to != null) {
      to.update(update.xid(), bound.table(), old, row);
    } else if (bound.active().wants(at)) {
      gatherer.update(bound.table(), bound.active().overlaps(at), old, row, at);
    }
  }

  private void delete(LogicalMessage.Delete delete) {
    Bound bound = bound(delete.relation());
    if (bound == null) {
      return;
    }
    byte[] @Nullable [] old = bound.binding().row(delete.old());
    LargeTransaction to = block;
    if (to != null) {
      to.delete(delete.xid(), bound.table(), old);
    } else if (bound.active().wants(at)) {
      gatherer.delete(bound.table(), bound.active().overlaps(at), old, at);
    }
  }

  private void truncate(LogicalMessage.Truncate truncate) {
    for (int relation : truncate.relations()) {
      note(relation, block == null ? xid : truncate.xid());
      Bound bound = bound(relation);
      if (bound == null) {
        continue;
      }
      LargeTransaction to = block;
      if (to != null) {
        to.truncate(truncate.xid(), bound.table());
      } else if (bound.active().wants(at)) {
        gatherer.truncate(bound.table(), bound.active().overlaps(at), at);
      }
    }
  }

  private void note(int relation, int transaction) {
    Relation known = relations.get(relation);
    if (known != null) {
      truncations.add(new Truncation(name(known), transaction));
    }
    if (truncations.size() > TRUNCATIONS_LIMIT) {
      truncations.remove(truncations.iterator().next());
    }
  }

  /** The last truncations, as far as was read; some may never have been committed. */
  Set<Truncation> truncations() {
    return truncations;
  }

  /** Batches that are to be applied next, in their order; parts of transactions among them. */
  Deque<Batch> ready() {
    return ready;
  }

  /** Gives away what is gathered, where it ends with a transaction. */
  void cutWhole() {
    if (!inTransaction && gatherer.batch().isWhole()) {
      gatherer.cut();
    }
  }

  /** What is being gathered. */
  Batch batch() {
    return gatherer.batch();
  }

  /** Whether every transaction that has begun has ended, and all of them were given away. */
  boolean isIdle() {
    return !inTransaction && gatherer.batch().isEmpty() && ready.isEmpty();
  }

  @Override
  public void close() {
    large.values().forEach(LargeTransaction::close);
    large.clear();
    ready.forEach(
        batch -> {
          LargeTransaction its = batch.large();
          if (its != null) {
            its.close();
          }
        });
  }
}
