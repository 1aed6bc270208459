package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings tables whose rows are in the target already to what the source has: it compares, and
 * writes only what differs, a chunk in a transaction. So nobody ever sees an emptied table, and of
 * a table with history nothing is lost: a difference is a new version.
 */
final class Reload {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  /** Of one table's comparison with all that it has to write. */
  private static final Duration LIMIT = Duration.ofHours(12);

  private final Supplier<PostgresSession> sources;
  private final Supplier<PostgresSession> targets;
  private final SourceState state;
  private final OptionalLong rate;
  private final BooleanSupplier ending;

  /**
   * @param rate bytes a second that are read at most, of both sides together
   * @param ending whether to stop after the chunk that is under way
   */
  Reload(
      Supplier<PostgresSession> sources,
      Supplier<PostgresSession> targets,
      SourceState state,
      OptionalLong rate,
      BooleanSupplier ending) {
    this.sources = sources;
    this.targets = targets;
    this.state = state;
    this.rate = rate;
    this.ending = ending;
  }

  /** Whether a table can be brought in so: it has rows, and an index by which they are found. */
  static boolean suits(PostgresSession target, MappedTable table) {
    return TableComparison.suits(table)
        && TargetIndexes.hasKeyIndex(target, table)
        && TargetTables.hasRows(target, table);
  }

  /**
   * Brings the tables in.
   *
   * @param snapshot that the source is read in; null: each chunk as it is when it is read
   * @return whether all is done; false when it was to end
   */
  boolean run(List<MappedTable> tables, Copy.@Nullable Snapshot snapshot) {
    if (tables.isEmpty()) {
      return true;
    }
    try (PostgresSession source = sources.get();
        PostgresSession target = targets.get()) {
      Supplier<Boolean> all =
          () ->
              tables.stream()
                  .allMatch(
                      table ->
                          reload(
                              source,
                              target,
                              table,
                              snapshot == null ? source.now() : snapshot.asOf()));
      return source.within(
          LIMIT,
          () ->
              target.within(
                  LIMIT,
                  () -> snapshot == null ? all.get() : source.inSnapshot(snapshot.name(), all)));
    }
  }

  private boolean reload(
      PostgresSession source, PostgresSession target, MappedTable table, Instant asOf) {
    Throttle throttle = new Throttle(rate);
    TableComparison comparison =
        new TableComparison(
            table,
            ComparedSide.source(source, table, throttle),
            ComparedSide.target(target, table, throttle),
            () -> {});
    TableWriter writer = new TableWriter(target, table);
    Moment at = new Moment(Lsn.ZERO, asOf);
    long differences = 0;
    Optional<TableComparison.Position> next = Optional.of(comparison.begin());
    while (next.isPresent()) {
      if (ending.getAsBoolean()) {
        return false;
      }
      TableComparison.Position from = next.get();
      TableComparison.Chunk chunk = compared(target, table, comparison, from, writer, at);
      differences += chunk.differences().size();
      next = chunk.next();
    }
    LOG.info(
        "{}: {} rows differed from the source, and are as there now", table.target(), differences);
    return true;
  }

  /** One table that cannot be compared, or not be written, does not stop the others. */
  private TableComparison.Chunk compared(
      PostgresSession target,
      MappedTable table,
      TableComparison comparison,
      TableComparison.Position from,
      TableWriter writer,
      Moment at) {
    try {
      return target.transaction(() -> chunk(target, table, comparison, from, writer, at));
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
  }

  private TableComparison.Chunk chunk(
      PostgresSession target,
      MappedTable table,
      TableComparison comparison,
      TableComparison.Position from,
      TableWriter writer,
      Moment at) {
    long before = comparison.bytes();
    TableComparison.Chunk chunk = comparison.next(from);
    TableBatch batch = TableBatch.of(table, true);
    for (TableComparison.Difference difference : chunk.differences()) {
      byte @Nullable [] @Nullable [] wanted = difference.source();
      byte @Nullable [] @Nullable [] found = difference.target();
      if (wanted != null) {
        batch.insert(wanted, at);
      } else if (found != null) {
        batch.delete(found, at);
      }
    }
    batch.apply(writer);
    state.progressed(target, table.name(), chunk.rows(), comparison.bytes() - before);
    return chunk;
  }
}
