package io.tidemark.analytics;

import io.tidemark.config.PipelineSettings;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies tables of a source: ranges of blocks of several tables side by side, each in a transaction
 * of the target that records it, so that nothing that is done is done again. With a snapshot all
 * ranges are of one moment.
 */
final class Copy {
  private static final String STAGE = "pg_temp.tidemark_stage";

  /**
   * What the source exported.
   *
   * @param asOf the source's clock, not later than the end of any transaction that is not seen
   */
  record Snapshot(String name, Instant asOf) {}

  /** Of one range; at 1 MiB/s it is a day for 80 GiB. */
  private static final Duration RANGE_LIMIT = Duration.ofHours(12);

  private static final Duration INDEX_LIMIT = Duration.ofHours(24);

  private static final int BUFFER_BYTES = 64 << 10;

  private final Supplier<PostgresSession> sources;
  private final Supplier<PostgresSession> targets;
  private final SourceState state;
  private final PipelineSettings.Copy settings;
  private final Throttle throttle;
  private final BooleanSupplier ending;

  /**
   * @param sources opens sessions with the source
   * @param targets opens sessions with the target
   * @param ending whether to stop after the ranges that are under way
   */
  Copy(
      Supplier<PostgresSession> sources,
      Supplier<PostgresSession> targets,
      SourceState state,
      PipelineSettings.Copy settings,
      BooleanSupplier ending) {
    this.sources = sources;
    this.targets = targets;
    this.state = state;
    this.settings = settings;
    this.throttle = new Throttle(settings.rateBytesPerSecond());
    this.ending = ending;
  }

  /**
   * Copies what is not done of the tables.
   *
   * @param snapshot that the rows are read in; null: each range as it is when it is read, so that a
   *     row may be met twice, and the tables have their keys already
   * @return whether all is done; false when it was to end
   */
  boolean run(List<MappedTable> tables, @Nullable Snapshot snapshot) throws InterruptedException {
    List<CopyRange> ranges = new ArrayList<>();
    try (PostgresSession target = targets.get()) {
      for (MappedTable table : tables) {
        Set<String> done = new HashSet<>(state.rangesDone(target, table.name()));
        ranges.addAll(CopyRange.of(table, settings.rangeBytes(), done));
      }
    }
    CopyQueue queue = new CopyQueue(ranges);
    work(queue, snapshot, Math.min(settings.workers(), Math.max(1, ranges.size())));
    return queue.isEmpty() && !ending.getAsBoolean();
  }

  private void work(CopyQueue queue, @Nullable Snapshot snapshot, int count)
      throws InterruptedException {
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    List<Thread> workers = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      workers.add(
          Thread.ofPlatform()
              .daemon()
              .name("copy-" + i)
              .start(
                  () -> {
                    try {
                      worker(queue, snapshot, failure);
                    } catch (RuntimeException e) {
                      failure.compareAndSet(null, e);
                    } catch (Error e) {
                      failure.compareAndSet(null, new IllegalStateException("a defect", e));
                    }
                  }));
    }
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } finally {
      workers.forEach(Thread::interrupt);
    }
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  private void worker(
      CopyQueue queue,
      @Nullable Snapshot snapshot,
      AtomicReference<@Nullable RuntimeException> failure) {
    try (PostgresSession source = sources.get();
        PostgresSession target = targets.get()) {
      Supplier<Boolean> all =
          () -> {
            for (CopyRange range = next(queue, failure);
                range != null;
                range = next(queue, failure)) {
              copy(source, target, range, snapshot);
              if (queue.isLast(range)) {
                makeIndexes(target, range.table());
              }
            }
            return true;
          };
      source.within(
          RANGE_LIMIT,
          () ->
              target.within(
                  RANGE_LIMIT,
                  () -> snapshot == null ? all.get() : source.inSnapshot(snapshot.name(), all)));
    }
  }

  private @Nullable CopyRange next(
      CopyQueue queue, AtomicReference<@Nullable RuntimeException> failure) {
    return failure.get() != null || ending.getAsBoolean() ? null : queue.take();
  }

  /** One table that cannot be copied does not stop the others. */
  private void copy(
      PostgresSession source,
      PostgresSession target,
      CopyRange range,
      @Nullable Snapshot snapshot) {
    MappedTable table = range.table();
    try {
      copyWhole(source, target, range, snapshot);
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
  }

  private void copyWhole(
      PostgresSession source,
      PostgresSession target,
      CopyRange range,
      @Nullable Snapshot snapshot) {
    MappedTable table = range.table();
    String into = snapshot == null ? STAGE : table.target().quoted();
    String validFrom =
        table.isHistory() && snapshot != null
            ? Sql.literal(snapshot.asOf().toString()) + "::timestamptz"
            : "";
    target.transaction(
        () -> {
          long[] bytes = new long[1];
          if (snapshot == null) {
            stage(target, table);
          }
          String command = into(into, table);
          long rows =
              table.isMasked()
                  ? masked(source, target, range, validFrom, command, bytes)
                  : plain(source, target, range, validFrom, command, bytes);
          if (snapshot == null) {
            rows = unstage(target, table);
          }
          state.rangeDone(
              target, table.name(), range.leaf().name(), range.firstBlock(), rows, bytes[0]);
          return rows;
        });
  }

  private static void stage(PostgresSession target, MappedTable table) {
    target.execute(
        "CREATE TEMPORARY TABLE tidemark_stage (LIKE "
            + table.target().quoted()
            + ") ON COMMIT DROP");
  }

  /** A row that has moved on from a range that was copied before is there already. */
  private static long unstage(PostgresSession target, MappedTable table) {
    String columns = Sql.names(columns(table));
    return target.update(
        "INSERT INTO "
            + table.target().quoted()
            + " ("
            + columns
            + ") SELECT "
            + columns
            + " FROM "
            + STAGE
            + " ON CONFLICT ("
            + Sql.names(table.primaryKey())
            + ") DO NOTHING");
  }

  private long plain(
      PostgresSession source,
      PostgresSession target,
      CopyRange range,
      String validFrom,
      String command,
      long[] bytes) {
    String format = range.isBinary() ? " (FORMAT binary)" : "";
    CopyLabels labels = new CopyLabels(range.table());
    CopyBuffer buffer = new CopyBuffer(BUFFER_BYTES * 2);
    boolean[] first = {true};
    return target.copyIn(
        command + format,
        out -> {
          source.copyOut(
              "COPY (" + range.select(validFrom) + ") TO STDOUT" + format,
              (row, length) -> {
                if (range.isBinary()) {
                  labels.addBinary(row, length, first[0], buffer);
                  first[0] = false;
                } else {
                  labels.addLine(row, length, buffer);
                }
                flush(buffer, out, bytes, BUFFER_BYTES);
              });
          flush(buffer, out, bytes, 1);
        });
  }

  private void flush(CopyBuffer buffer, PostgresSession.CopyTarget out, long[] bytes, int least) {
    if (buffer.size() >= least) {
      throttle.pass(buffer.size());
      bytes[0] += buffer.size();
      buffer.sendTo(out);
    }
  }

  /** Rows pass through here as text, and what is masked is masked before they go on. */
  private long masked(
      PostgresSession source,
      PostgresSession target,
      CopyRange range,
      String validFrom,
      String command,
      long[] bytes) {
    MappedTable table = range.table();
    CopyLabels labels = new CopyLabels(table);
    List<MappedColumn> sent = table.sent();
    int columns = sent.size() + (table.isHistory() ? 1 : 0);
    CopyBuffer buffer = new CopyBuffer(BUFFER_BYTES * 2);
    return target.copyIn(
        command,
        out -> {
          source.copyOut(
              "COPY (" + range.select(validFrom) + ") TO STDOUT",
              (line, length) -> {
                byte[] @Nullable [] row = CopyText.row(line, length, columns);
                labels.beginLine(buffer);
                for (int i = 0; i < columns; i++) {
                  byte[] value = row[i];
                  buffer.value(i < sent.size() ? sent.get(i).function().apply(value) : value);
                  buffer.raw(i == columns - 1 ? '\n' : '\t');
                }
                flush(buffer, out, bytes, BUFFER_BYTES);
              });
          flush(buffer, out, bytes, 1);
        });
  }

  private static String into(String name, MappedTable table) {
    return "COPY " + name + " (" + Sql.names(columns(table)) + ") FROM STDIN";
  }

  private static List<String> columns(MappedTable table) {
    List<String> columns = new ArrayList<>(table.labels().keySet());
    table.sent().forEach(column -> columns.add(column.name()));
    if (table.isHistory()) {
      columns.add(MappedTable.VALID_FROM);
    }
    return columns;
  }

  /** Builds the keys of tables whose rows are there, where that is not done yet. */
  void makeIndexes(List<MappedTable> tables) {
    try (PostgresSession target = targets.get()) {
      tables.forEach(table -> makeIndexes(target, table));
    }
  }

  /** At once when the last row is there: others are copied meanwhile. */
  private static void makeIndexes(PostgresSession target, MappedTable table) {
    target.within(
        INDEX_LIMIT,
        () -> {
          try {
            if (TargetIndexes.make(target, table)) {
              target.execute("ANALYZE " + table.target().quoted());
            }
            return true;
          } catch (PostgresException e) {
            throw TableFailure.of(table, e);
          }
        });
  }
}
