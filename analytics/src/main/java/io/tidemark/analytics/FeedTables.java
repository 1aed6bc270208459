package io.tidemark.analytics;

import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts on record what becomes of each table of a feed, when it begins to follow and later. */
final class FeedTables {
  private static final Logger LOG = LoggerFactory.getLogger(FeedTables.class);

  private final FeedSpec spec;
  private final SourceState state;

  FeedTables(FeedSpec spec) {
    this.spec = spec;
    this.state = spec.state();
  }

  /**
   * Tables that are new, or are to be taken another way than before, are brought in beside.
   *
   * @param published at the source, before anything is changed there
   */
  void decide(PostgresSession target, TableMapping wanted, Set<TableName> published) {
    Map<TableName, TableRow> known = new HashMap<>();
    state.tables(target).forEach(row -> known.put(row.name(), row));
    Map<TableName, String> storages = state.storages(target);
    List<SavedColumn> saved = state.columns().all(target);
    for (MappedTable table : wanted.tables()) {
      Optional<TableRow> row = Optional.ofNullable(known.remove(table.name()));
      String storage = storages.getOrDefault(table.name(), "");
      TablePlan decided =
          TablePlanner.decide(table, row, saved, storage, published.contains(table.name()));
      switch (decided.kind()) {
        case GO_ON -> {}
        case BRING_IN -> {
          LOG.info("{}: {} is brought in: {}", spec.name(), table.name(), decided.why());
          bringIn(target, table, decided.why());
        }
        case HOLD -> hold(target, table, decided.why());
      }
      boolean isHeld = row.filter(its -> its.state() == TableState.HELD).isPresent();
      if (!isHeld && decided.kind() != TablePlan.Kind.HOLD) {
        settle(target, table, TablePlanner.gone(table, saved));
      }
    }
    wanted.problems().forEach(problem -> known.remove(problem.table()));
    known.values().forEach(row -> forget(target, row));
  }

  private void hold(PostgresSession target, MappedTable table, String why) {
    LOG.warn("{}: {} is held, others go on: {}", spec.name(), table.name(), why);
    state.setTable(target, table.name(), table.target(), TableState.HELD, FeedRole.MAIN, why);
  }

  /** Columns that are no more, or that nobody names any more. */
  private void settle(PostgresSession target, MappedTable table, List<SavedColumn> gone) {
    try {
      target.transaction(
          () -> {
            for (SavedColumn column : gone) {
              LOG.info("{}: {} of {} was dropped", spec.name(), column.source(), table.name());
              target.execute(TargetTables.droppedSql(table, column.target(), spec.isShared()));
            }
            state.columns().dropped(target, table);
            state.columns().forget(target, table);
            return true;
          });
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
  }

  private void forget(PostgresSession target, TableRow row) {
    LOG.info(
        "{}: {} is not taken any more; its rows stay in {}", spec.name(), row.name(), row.target());
    state.forgetTable(target, row.name());
  }

  /** By a side feed, beside the others. */
  void bringIn(PostgresSession target, MappedTable table, String why) {
    state.setTable(target, table.name(), table.target(), TableState.PLANNED, FeedRole.SIDE, why);
  }
}
