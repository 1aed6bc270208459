package io.tidemark.analytics;

import io.tidemark.postgres.LogicalSlot;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings tables of a source into the target: the slot first, then everything as the slot's snapshot
 * sees it, so that its stream goes on exactly there.
 */
final class FeedLoader {
  private static final Logger LOG = LoggerFactory.getLogger(FeedLoader.class);

  private final FeedSpec spec;
  private final FeedLinks links;
  private final FeedSlots slots;
  private final SourceState state;
  private final Copy copy;
  private final Reload reload;

  /**
   * @param ending whether to stop where it can be gone on with
   */
  FeedLoader(FeedSpec spec, FeedLinks links, BooleanSupplier ending) {
    this.spec = spec;
    this.links = links;
    this.slots = new FeedSlots(spec, links);
    this.state = spec.state();
    this.copy = new Copy(links.sources(), links.targets(), state, spec.pipeline().copy(), ending);
    this.reload =
        new Reload(
            links.sources(),
            links.targets(),
            state,
            spec.pipeline().copy().rateBytesPerSecond(),
            ending);
  }

  /** What the source's tables become. */
  TableMapping mapping() {
    PostgresSession target = links.target();
    SourceTypes types = SourceTypes.read(links.primary(), target);
    List<SavedColumn> saved = state.columns().all(target);
    TableMapper mapper =
        new TableMapper(
            spec.pipeline(), spec.source(), spec.pseudonymKey().map(PseudonymKey::read), saved);
    TableMapping all =
        checked(mapper.map(SourceCatalog.read(links.primary(), types, mapper::wants)));
    return state.feed(target, FeedRole.MAIN).isEmpty()
        ? all
        : LeftOut.from(all, state.tables(target), saved);
  }

  /** The same without the tables whose row filters cannot be used; each of those is tried out. */
  TableMapping publishable() {
    return RowFilters.checked(links.primary(), mapping());
  }

  /** SQL_ASCII is no encoding: whatever bytes a client sent are there. */
  private TableMapping checked(TableMapping mapping) {
    if (!links.primary().setting("server_encoding").equals(Optional.of("SQL_ASCII"))) {
      return mapping;
    }
    List<MappedTable> tables =
        mapping.tables().stream()
            .map(
                table ->
                    table.with(
                        table.target(),
                        table.columns().stream().map(Utf8Only::column).toList(),
                        table.key()))
            .toList();
    return new TableMapping(tables, mapping.problems());
  }

  /**
   * Publishes the tables and makes them in the target.
   *
   * @return with the problems of those that cannot be taken, which are on record
   */
  TableMapping prepare(TableMapping mapping) {
    PostgresSession target = links.target();
    TargetTables.makeSchema(target, spec.pipeline().schema());
    TargetTables tables = new TargetTables(spec.pipeline().name());
    List<TableProblem> problems = new ArrayList<>(mapping.problems());
    publications().ensure(links.primary(), mapping.tables());
    List<MappedTable> usable = new ArrayList<>();
    List<SavedColumn> saved = state.columns().all(target);
    Set<TableName> standing = standing(target);
    for (MappedTable table : mapping.tables()) {
      boolean stands = standing.contains(table.name());
      tables
          .prepare(
              target,
              stands ? SavedMapping.inTarget(table, saved) : table,
              !stands && !spec.isShared())
          .ifPresentOrElse(problems::add, () -> usable.add(table));
    }
    for (TableProblem problem : problems) {
      state.setTable(
          target,
          problem.table(),
          new TableName(spec.pipeline().schema(), problem.table().table()),
          TableState.REFUSED,
          FeedRole.MAIN,
          problem.found() + (problem.advice().isEmpty() ? "" : "; " + problem.advice()));
    }
    return new TableMapping(usable, problems);
  }

  /** Those whose rows stay: what has become of their columns is brought by the stream. */
  private Set<TableName> standing(PostgresSession target) {
    return state.tables(target).stream()
        .filter(row -> row.isFollowed() || row.state() == TableState.HELD)
        .map(TableRow::name)
        .collect(Collectors.toSet());
  }

  Publications publications() {
    return new Publications(spec.source().publication(), spec.viaRoot());
  }

  /**
   * Makes the slot and brings tables in.
   *
   * @return whether all are there; false where it was to end
   */
  boolean begin(FeedRole role, List<MappedTable> tables) throws InterruptedException {
    try (ReplicationConnection connection = ReplicationConnection.openLogical(spec.decoded())) {
      // Before the slot: what its snapshot does not see ends later than this.
      Instant asOf = links.decoded().now();
      LogicalSlot slot = slots.make(connection, role);
      LOG.info(
          "{}: {} tables as of {}, by slot {}",
          spec.name(),
          tables.size(),
          slot.consistentPoint(),
          slot.name());
      record(role, slot, connection.identity().systemId().toString(), tables);
      String snapshot =
          slot.snapshot()
              .orElseThrow(() -> new IllegalStateException("the slot came without a snapshot"));
      return load(role, tables, new Copy.Snapshot(snapshot, asOf));
    }
  }

  private void record(FeedRole role, LogicalSlot slot, String systemId, List<MappedTable> tables) {
    PostgresSession target = links.target();
    target.transaction(
        () -> {
          state.endFeed(target, role);
          state.beginFeed(
              target,
              role,
              slot.name().toString(),
              systemId,
              spec.labelValues(),
              slot.consistentPoint());
          tables.forEach(table -> record(target, role, table));
          return true;
        });
  }

  /** Rows that can be compared stay; others go, and are copied. */
  private void record(PostgresSession target, FeedRole role, MappedTable table) {
    boolean stay = Reload.suits(target, table) && canStay(target, table);
    state.beginCopy(target, table, role);
    if (stay) {
      state.byComparison(target, table.name());
    } else {
      TargetTables.clear(target, table);
      if (!spec.isShared()) {
        TargetTables.adapt(target, table);
      }
    }
  }

  /** Former versions would keep what the masks of now do not let through. */
  private boolean canStay(PostgresSession target, MappedTable table) {
    boolean another =
        state.tables(target).stream()
            .anyMatch(
                row ->
                    row.name().equals(table.name())
                        && !row.mapping().equals(TableFingerprint.of(table)));
    boolean keepsFormer = table.isHistory() || table.isSoftDelete();
    return !(another && keepsFormer) && (spec.isShared() || TargetTables.fits(target, table));
  }

  /**
   * Goes on where a copy was broken off. Its snapshot is gone, so what is left is read as it is
   * now, and changes since then are met a second time. A row that was moved meanwhile from a part
   * that was not copied yet to one that was is in neither; its change brings it, and where that
   * does not say all of it, the table comes in again. Tables that cannot bear this wait for a new
   * slot.
   */
  boolean copyOn(FeedRole role, List<MappedTable> tables) throws InterruptedException {
    PostgresSession target = links.target();
    List<MappedTable> idempotent = new ArrayList<>();
    for (MappedTable table : tables) {
      if (table.isIdempotent()) {
        idempotent.add(table);
      } else {
        state.setTable(
            target,
            table.name(),
            table.target(),
            TableState.PLANNED,
            role,
            "its copy was broken off and begins anew");
      }
    }
    // First: of a row that comes twice, one is kept.
    copy.makeIndexes(idempotent);
    return load(role, idempotent, null);
  }

  /**
   * TRUNCATE and ALTER TABLE that rewrites are not MVCC-safe: a snapshot from before sees an empty
   * table ("Caveats" of "Concurrency Control" in PostgreSQL's documentation), so what was copied
   * may be less than there was.
   */
  private boolean isWrittenAnew(MappedTable table) {
    String nodes =
        table.source().leaves().stream()
            .map(leaf -> String.valueOf(leaf.fileNode()))
            .collect(Collectors.joining(",", "{", "}"));
    return links
        .decoded()
        .value("SELECT count(*) FROM pg_class WHERE relfilenode = ANY (?::oid[])", nodes)
        .filter(String.valueOf(table.source().leaves().size())::equals)
        .isEmpty();
  }

  private boolean load(FeedRole role, List<MappedTable> tables, Copy.@Nullable Snapshot snapshot)
      throws InterruptedException {
    PostgresSession target = links.target();
    Map<Boolean, List<MappedTable>> byComparison =
        tables.stream()
            .collect(
                Collectors.partitioningBy(table -> state.isByComparison(target, table.name())));
    if (!copy.run(byComparison.getOrDefault(false, List.of()), snapshot)
        || !reload.run(byComparison.getOrDefault(true, List.of()), snapshot)) {
      return false;
    }
    Set<TableName> anew =
        tables.stream()
            .filter(this::isWrittenAnew)
            .map(MappedTable::name)
            .collect(Collectors.toSet());
    Lsn overlapUntil = snapshot == null ? sourceEnd() : null;
    copy.makeIndexes(tables);
    target.transaction(
        () -> {
          for (MappedTable table : tables) {
            if (anew.contains(table.name())) {
              state.setTable(
                  target,
                  table.name(),
                  table.target(),
                  TableState.PLANNED,
                  FeedRole.SIDE,
                  "it was emptied or rewritten while it was copied, and is brought in again");
            } else {
              state.copied(target, table.name(), overlapUntil);
            }
          }
          state.feedCopied(target, role);
          return true;
        });
    return true;
  }

  /** What can be seen may be written and not flushed yet, where a commit did not wait for that. */
  private Lsn sourceEnd() {
    PostgresSession source = links.decoded();
    return source.isInRecovery()
        ? source.currentWalLsn()
        : Lsn.parse(source.value("SELECT pg_current_wal_insert_lsn()").orElseThrow());
  }
}
