package io.tidemark.replicamanager;

import io.tidemark.replicamanager.LogicalReport.State;
import io.tidemark.replicamanager.LogicalReport.Table;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import io.tidemark.replicamanager.LogicalVerdict.Held;
import io.tidemark.replicamanager.LogicalVerdict.Ignored;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Says of an observation where each table is: a pure function. */
final class LogicalReporter {
  private LogicalReporter() {}

  /** Of one that is dropped there are none: what is left of them in the target is anybody's. */
  static List<Table> tables(LogicalSpec spec, LogicalObservation seen) {
    return seen.wish() != LogicalWish.DROPPED
            && seen.source() instanceof LogicalSource.Known source
            && seen.target() instanceof LogicalTarget.Known target
        ? LogicalPlanner.verdicts(spec, source, target).entrySet().stream()
            .map(entry -> table(seen, target, entry.getKey(), entry.getValue()))
            .toList()
        : List.of();
  }

  /** From the slot's confirmed position to where the source writes. */
  static OptionalLong lagBytes(LogicalProgress progress) {
    return progress
        .confirmed()
        .map(lsn -> OptionalLong.of(Math.max(0, progress.current().minus(lsn))))
        .orElseGet(OptionalLong::empty);
  }

  /** Whether changes that come are applied. */
  static boolean follows(LogicalObservation seen) {
    return seen.wish() == LogicalWish.RUNNING
        && seen.source() instanceof LogicalSource.Known source
        && source.slot().isPresent()
        && source.loss().isEmpty()
        && seen.target() instanceof LogicalTarget.Known target
        && target.subscription().filter(view -> view.enabled() && view.workerRuns()).isPresent();
  }

  static int ready(List<Table> tables) {
    return (int) tables.stream().filter(table -> table.state() == State.FOLLOWING).count();
  }

  /** Whether there is something, and all that is taken is copied. */
  static boolean complete(List<Table> tables) {
    return ready(tables) > 0
        && tables.stream()
            .allMatch(
                table ->
                    switch (table.state()) {
                      case FOLLOWING, HELD, IGNORED -> true;
                      case PREPARING, QUEUED, COPYING, CATCHING_UP -> false;
                    });
  }

  private static Table table(
      LogicalObservation seen,
      LogicalTarget.Known target,
      LogicalTable table,
      LogicalVerdict verdict) {
    Optional<SubscriptionView.TableCopy> copy =
        target.subscription().flatMap(view -> Optional.ofNullable(view.tables().get(table.name())));
    return new Table(
        table.name(),
        state(target.isStale(table.name()), copy, verdict),
        rows(table),
        target.table(table.name()).map(LogicalReporter::rows).orElseGet(OptionalLong::empty),
        copy.map(SubscriptionView.TableCopy::copiedBytes).orElse(0L),
        copy.map(SubscriptionView.TableCopy::copiedRows).orElse(0L),
        reason(seen, table, verdict));
  }

  private static State state(
      boolean stale, Optional<SubscriptionView.TableCopy> copy, LogicalVerdict verdict) {
    return switch (verdict) {
      case Held _ -> State.HELD;
      case Ignored _ -> State.IGNORED;
      case Follow _ when stale -> State.PREPARING;
      case Follow _ ->
          copy.map(
                  found ->
                      switch (found.state()) {
                        case "i" -> State.QUEUED;
                        case "d" -> State.COPYING;
                        case "r" -> State.FOLLOWING;
                        default -> State.CATCHING_UP;
                      })
              .orElse(State.PREPARING);
    };
  }

  private static String reason(
      LogicalObservation seen, LogicalTable table, LogicalVerdict verdict) {
    String failed = seen.failures().get(table.name().toString());
    return switch (verdict) {
      case Held(String why, String advice) -> why + ". " + advice;
      case Ignored(String why) -> why;
      case Follow follow -> failed == null ? follow.note() : failed;
    };
  }

  private static OptionalLong rows(LogicalTable table) {
    return table.rows() < 0 ? OptionalLong.empty() : OptionalLong.of(table.rows());
  }
}
