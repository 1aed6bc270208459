package io.tidemark.replicamanager;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.ChangedType;
import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import io.tidemark.config.ChangeSettings.RenamedColumn;
import io.tidemark.config.TableSettings;
import io.tidemark.postgres.PublicationFilter;
import io.tidemark.replicamanager.LogicalTable.Identity;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import io.tidemark.replicamanager.LogicalVerdict.Held;
import io.tidemark.replicamanager.LogicalVerdict.Ignored;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says of one table of the source whether it can be published without harm there and applied in the
 * target: a pure function of what is known of it. A publication with a wrong filter or column list
 * makes UPDATE and DELETE of the source's own users fail
 * (postgresql.org/docs/current/logical-replication-row-filter.html).
 */
final class LogicalJudge {
  private final LogicalSpec spec;
  private final LogicalSource.Known source;
  private final LogicalTarget.Known target;
  private final LogicalTable table;
  private final TableSettings settings;
  private final ChangeSettings changes;

  private LogicalJudge(
      LogicalSpec spec,
      LogicalSource.Known source,
      LogicalTarget.Known target,
      LogicalTable table,
      TableSettings settings) {
    this.spec = spec;
    this.source = source;
    this.target = target;
    this.table = table;
    this.settings = settings;
    this.changes = spec.changesOf(settings);
  }

  /** The verdict; a table that no pattern matches is left out. */
  static LogicalVerdict judge(
      LogicalSpec spec,
      LogicalSource.Known source,
      LogicalTarget.Known target,
      LogicalTable table) {
    return spec.tableOf(table.name())
        .map(settings -> new LogicalJudge(spec, source, target, table, settings).judge())
        .orElseGet(() -> new Ignored("no pattern matches it"));
  }

  private LogicalVerdict judge() {
    boolean appends =
        table.identity() == Identity.NONE
            && settings.withoutKey() == TableSettings.WithoutKey.APPEND;
    return newcomer()
        .or(() -> appends ? Optional.empty() : withoutKey())
        .or(this::badColumns)
        .or(() -> appends ? Optional.empty() : uncovered(wantedColumns(), "column list"))
        .or(() -> filter(appends))
        .or(this::foreignRows)
        .orElseGet(() -> follow(appends ? spec.appendPublication() : spec.publication()));
  }

  private boolean asked() {
    return target.keptOf(table.name()).filter(LogicalState.Kept::asked).isPresent();
  }

  private Optional<LogicalVerdict> newcomer() {
    if (!target.hasBegun()
        || target.keptOf(table.name()).isPresent()
        || source.publishedAs(table.name()).isPresent()) {
      return Optional.empty();
    }
    return switch (changes.newTable()) {
      case NewTable.APPLY -> Optional.empty();
      case NewTable.HOLD ->
          held(
              "it is new at the source (on-change.new-table: hold)",
              "To take it: tidemark analytics resync.");
      case NewTable.IGNORE ->
          Optional.of(new Ignored("it is new at the source (on-change.new-table: ignore)"));
    };
  }

  private Optional<LogicalVerdict> withoutKey() {
    return table.identity() != Identity.NONE
        ? Optional.empty()
        : held(
            "it has neither primary key nor replica identity: published, UPDATE and DELETE on it"
                + " would fail at the source",
            "Give it a primary key, or REPLICA IDENTITY FULL, or set without-key: append to take"
                + " its inserts alone.");
  }

  private Optional<LogicalVerdict> badColumns() {
    for (String name : settings.columns()) {
      Optional<LogicalColumn> column = table.column(name);
      if (column.isEmpty()) {
        return held(
            "its column %s, which the configuration names, is not there".formatted(name),
            "Correct its columns in the configuration.");
      }
      if (column.get().isGenerated()) {
        return held(
            "its column %s is generated, which is not published".formatted(name),
            "Leave the column out, or use engine: merge.");
      }
    }
    if (table.identity() == Identity.FULL && !wantedColumns().isEmpty()) {
      return held(
          "it has REPLICA IDENTITY FULL, with which a column list makes UPDATE and DELETE on it fail"
              + " at the source",
          settings.columns().isEmpty()
              ? "Set on-change.added-column: apply-nullable for it, or give it a primary key."
              : "Name no columns of it, or give it a primary key as its replica identity.");
    }
    return Optional.empty();
  }

  private Optional<LogicalVerdict> uncovered(Set<String> columns, String what) {
    if (columns.isEmpty() || columns.containsAll(table.key())) {
      return Optional.empty();
    }
    return held(
        "its %s lacks a column of its replica identity (%s): UPDATE and DELETE on it would fail at"
                .formatted(what, String.join(", ", table.key()))
            + " the source",
        "Name these columns, too.");
  }

  private Optional<LogicalVerdict> filter(boolean appends) {
    return switch (source.filters().getOrDefault(table.name(), new PublicationFilter.None())) {
      case PublicationFilter.None() -> Optional.empty();
      case PublicationFilter.Unusable(String why) ->
          held("its row filter cannot be used: " + why, "Correct its where in the configuration.");
      case PublicationFilter.Usable(_, Set<String> columns) -> {
        Set<String> outside = new LinkedHashSet<>(columns);
        table.key().forEach(outside::remove);
        yield appends || table.identity() == Identity.FULL || outside.isEmpty()
            ? Optional.empty()
            : held(
                "its row filter reads %s, which is not in its replica identity (%s): UPDATE and"
                        .formatted(String.join(", ", outside), String.join(", ", table.key()))
                    + " DELETE on it would fail at the source",
                "Filter by columns of the identity, give it REPLICA IDENTITY FULL, or use engine:"
                    + " merge.");
      }
    };
  }

  private Optional<LogicalVerdict> foreignRows() {
    return target.filled().contains(table.name()) && !target.isOurs(table.name())
        ? held(
            "the target has a table of its name with rows that are not on record as this pipeline's",
            "Empty, rename or drop the target's table.")
        : Optional.empty();
  }

  /** The column list; empty for all columns, also those that come later. */
  private Set<String> wantedColumns() {
    if (!settings.columns().isEmpty()) {
      return new LinkedHashSet<>(settings.columns());
    }
    if (changes.addedColumn() != AddedColumn.HOLD && changes.addedColumn() != AddedColumn.IGNORE) {
      return Set.of();
    }
    // Named one by one, so that one that is added does not reach a target that lacks it.
    Set<String> wanted = new LinkedHashSet<>();
    table.sent().stream()
        .filter(column -> asked() || isKnown(column))
        .forEach(column -> wanted.add(column.name()));
    return wanted;
  }

  private boolean isKnown(LogicalColumn column) {
    return target
        .keptOf(table.name())
        .filter(kept -> !kept.columns().isEmpty())
        .map(kept -> kept.column(column.number()).isPresent())
        .orElse(true);
  }

  private LogicalVerdict follow(String publication) {
    PublicationTable as =
        new PublicationTable(
            publication,
            table.name(),
            wantedColumns(),
            source.filters().getOrDefault(table.name(), new PublicationFilter.None()).text());
    Optional<LogicalTable> there = target.table(table.name());
    if (there.isEmpty()) {
      return new Follow(as, List.of(), "", note());
    }
    return undecided(there.get(), as.columns()).orElseGet(() -> altered(there.get(), as));
  }

  /** Differences that the configuration leaves to somebody. */
  private Optional<LogicalVerdict> undecided(LogicalTable there, Set<String> list) {
    if (asked()) {
      return Optional.empty();
    }
    for (LogicalColumn column : table.sent(list)) {
      Optional<String> before = renamedFrom(there, column);
      if (before.isPresent() && changes.renamedColumn() != RenamedColumn.APPLY) {
        return waits("its column %s is named %s now".formatted(before.get(), column.name()));
      }
      Optional<LogicalColumn> other = there.column(column.name()).filter(c -> differs(column, c));
      if (other.isPresent() && changes.changedType() == ChangedType.HOLD) {
        return waits(
            "its column %s is of type %s now, in the target of %s"
                .formatted(column.name(), column.type(), other.get().type()));
      }
    }
    return changes.droppedColumn() != DroppedColumn.HOLD
        ? Optional.empty()
        : there.columns().stream()
            .filter(this::isGone)
            .findFirst()
            .flatMap(gone -> waits("its column " + gone.name() + " is there no more"));
  }

  private Optional<LogicalVerdict> waits(String why) {
    return held(
        why + ", and the configuration says to wait",
        "Change on-change for it, or have it changed and copied: tidemark analytics resync.");
  }

  private LogicalVerdict altered(LogicalTable there, PublicationTable as) {
    boolean stale = target.isStale(table.name());
    List<String> alter = new ArrayList<>();
    String revalue = "";
    Set<String> kept = new HashSet<>();
    for (LogicalColumn column : table.sent(as.columns())) {
      Optional<LogicalColumn> other = there.column(column.name());
      Optional<String> before = renamedFrom(there, column);
      kept.add(before.orElse(column.name()));
      if (before.isPresent()) {
        alter.add(LogicalDdl.rename(before.get(), column));
      } else if (other.isEmpty()) {
        alter.add(LogicalDdl.add(column));
        if (needsValues(column)) {
          revalue = "its column %s was added with values".formatted(column.name());
        }
      } else {
        alter.addAll(aligned(there, column, other.get(), stale));
      }
    }
    there.columns().stream()
        .filter(column -> !kept.contains(column.name()) && !column.isGenerated())
        .forEach(column -> alter.addAll(surplus(there, column)));
    return new Follow(as, alter, revalue, note());
  }

  private List<String> aligned(
      LogicalTable there, LogicalColumn column, LogicalColumn other, boolean stale) {
    List<String> alter = new ArrayList<>();
    // Old rows of a table that will be emptied need not be converted.
    if (differs(column, other) && !stale) {
      alter.addAll(LogicalDdl.retype(column, other));
    }
    if (other.required() && !column.required() && !there.key().contains(other.name())) {
      alter.add(LogicalDdl.allowNull(other));
    }
    return alter;
  }

  private List<String> surplus(LogicalTable there, LogicalColumn column) {
    if (there.key().contains(column.name())) {
      return List.of();
    }
    if (isGone(column) && changes.droppedColumn() == DroppedColumn.APPLY) {
      return List.of(LogicalDdl.drop(column));
    }
    return column.required() && !column.hasDefault()
        ? List.of(LogicalDdl.allowNull(column))
        : List.of();
  }

  /** Whether the column came from the source, and is there no more. */
  private boolean isGone(LogicalColumn there) {
    return target
        .keptOf(table.name())
        .filter(kept -> kept.columns().containsValue(there.name()))
        .filter(
            kept ->
                table.columns().stream()
                    .noneMatch(
                        column ->
                            column.name().equals(there.name())
                                || kept.column(column.number())
                                    .filter(there.name()::equals)
                                    .isPresent()))
        .isPresent();
  }

  private Optional<String> renamedFrom(LogicalTable there, LogicalColumn column) {
    return there.column(column.name()).isPresent()
        ? Optional.empty()
        : target
            .keptOf(table.name())
            .flatMap(kept -> kept.column(column.number()))
            .filter(before -> !before.equals(column.name()))
            .filter(before -> table.column(before).isEmpty())
            .filter(before -> there.column(before).isPresent());
  }

  /** Rows at the source got a value for it that was written nowhere in the WAL as a change. */
  private boolean needsValues(LogicalColumn added) {
    return changes.addedColumn() == AddedColumn.APPLY
        && added.hasDefault()
        && added.missing().isEmpty()
        && target.isSubscribed(table.name());
  }

  private static boolean differs(LogicalColumn source, LogicalColumn target) {
    return !source.type().equals(target.type());
  }

  private String note() {
    if (changes.addedColumn() != AddedColumn.HOLD || !settings.columns().isEmpty() || asked()) {
      return "";
    }
    List<String> waiting =
        table.sent().stream().filter(column -> !isKnown(column)).map(LogicalColumn::name).toList();
    return waiting.isEmpty()
        ? ""
        : "new columns wait (on-change.added-column: hold): " + String.join(", ", waiting);
  }

  private static Optional<LogicalVerdict> held(String why, String advice) {
    return Optional.of(new Held(why, advice));
  }
}
