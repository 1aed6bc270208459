package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.postgres.LogicalMessage.Relation;
import io.tidemark.postgres.LogicalMessage.RelationColumn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what becomes of a table whose relation is not what its mapping wants. Pure: of the source
 * it is given the table as the catalog and the configuration have it now, which may be later than
 * the stream.
 */
final class ShapeChanges {
  private final MappedTable table;
  private final Optional<MappedTable> now;
  private final boolean isShared;
  private final Map<String, RelationColumn> sent = new HashMap<>();
  private final List<MappedColumn> columns = new ArrayList<>();
  private final List<String> statements = new ArrayList<>();
  private final List<String> what = new ArrayList<>();
  private final Map<String, String> renamed = new HashMap<>();
  private String hold = "";
  private String again = "";
  private boolean resync;

  private ShapeChanges(
      MappedTable table, Relation relation, Optional<MappedTable> now, boolean isShared) {
    this.table = table;
    this.now = now;
    this.isShared = isShared;
    relation.columns().forEach(column -> sent.put(column.name(), column));
  }

  /**
   * Decides.
   *
   * @param now empty where the configuration cannot take it as it is now
   * @param isShared whether other sources have rows in its target
   */
  static ShapeChange decide(
      MappedTable table, Relation relation, Optional<MappedTable> now, boolean isShared) {
    return new ShapeChanges(table, relation, now, isShared).decide();
  }

  private ShapeChange decide() {
    table.columns().forEach(this::known);
    now.ifPresent(mapped -> mapped.columns().forEach(this::fresh));
    List<String> key = table.key().stream().map(name -> renamed.getOrDefault(name, name)).toList();
    List<String> names = columns.stream().map(MappedColumn::name).toList();
    if (hold.isEmpty() && !names.containsAll(key)) {
      hold = "its key " + String.join(", ", table.key()) + " is no more";
    }
    if (!hold.isEmpty()) {
      return ShapeChange.hold(table, hold);
    }
    if (again.isEmpty() && !isIdentified(key)) {
      again = "its replica identity is not " + String.join(", ", table.key()) + " any more";
    }
    if (!again.isEmpty()) {
      return ShapeChange.again(table, again);
    }
    columns.sort((one, other) -> Integer.compare(one.source().number(), other.source().number()));
    return new ShapeChange(
        table,
        Optional.of(now.orElse(table).with(table.target(), columns, key).inForm(table.form())),
        statements,
        what.isEmpty() ? "it is sent in another form" : String.join("; ", what),
        resync);
  }

  /** Without an old key the rows that change cannot be told. */
  private boolean isIdentified(List<String> key) {
    return columns.stream()
        .filter(column -> key.contains(column.name()) && !column.isGenerated())
        .map(column -> sent.get(column.source().name()))
        .allMatch(found -> found != null && found.isKey());
  }

  private void known(MappedColumn column) {
    RelationColumn found = sent.get(column.source().name());
    if (column.isGenerated()) {
      columns.add(column);
    } else if (found == null) {
      gone(column);
    } else {
      typed(column, found);
    }
  }

  private void typed(MappedColumn column, RelationColumn found) {
    if (found.typeOid() != column.source().type().oid()
        || found.typeModifier() != column.source().type().modifier()) {
      retyped(column, found);
    } else {
      columns.add(column);
    }
  }

  private Optional<MappedColumn> nowOf(MappedColumn column) {
    return now.stream()
        .flatMap(mapped -> mapped.columns().stream())
        .filter(other -> other.source().number() == column.source().number())
        .findFirst();
  }

  private void gone(MappedColumn column) {
    Optional<MappedColumn> other = nowOf(column);
    boolean isRenamed =
        other.isPresent()
            && !other.get().source().name().equals(column.source().name())
            && sent.containsKey(other.get().source().name());
    if (isRenamed) {
      renamed(column, other.get());
    } else if (other.isPresent()) {
      again = column.source().name() + " is not sent under a name that it has had lately";
    } else {
      dropped(column);
    }
  }

  private void renamed(MappedColumn column, MappedColumn other) {
    ChangeSettings.RenamedColumn policy =
        isShared ? ChangeSettings.RenamedColumn.IGNORE : table.onChange().renamedColumn();
    String name = other.source().name();
    String news = column.source().name() + " was renamed " + name;
    RelationColumn found = Optional.ofNullable(sent.get(name)).orElseThrow();
    switch (policy) {
      case APPLY -> {
        statements.add(
            "ALTER TABLE %s RENAME COLUMN %s TO %s"
                .formatted(table.target().quoted(), Sql.name(column.name()), Sql.name(name)));
        renamed.put(column.name(), name);
        typed(renamed(column, name, name), found);
        what.add(news + " and so it is in the target");
      }
      case IGNORE -> {
        typed(renamed(column, name, column.name()), found);
        what.add(news + " and is still " + column.name() + " in the target");
      }
      case HOLD -> hold = news;
    }
  }

  private static MappedColumn renamed(MappedColumn column, String source, String name) {
    SourceColumn was = column.source();
    return as(
        column,
        new SourceColumn(was.number(), source, was.type(), was.isNotNull(), was.expression()),
        name,
        column.type(),
        column.function());
  }

  private static MappedColumn as(
      MappedColumn column, SourceColumn source, String name, String type, MaskFunction function) {
    return new MappedColumn(source, column.configured(), name, type, column.mask(), function);
  }

  private void dropped(MappedColumn column) {
    String news = column.source().name() + " was dropped";
    ChangeSettings.DroppedColumn policy = table.onChange().droppedColumn();
    if (isShared && policy == ChangeSettings.DroppedColumn.APPLY) {
      policy = ChangeSettings.DroppedColumn.KEEP;
    }
    switch (policy) {
      case APPLY -> what.add(news + " and so it is in the target");
      case KEEP -> what.add(news + " and stays in the target as it is");
      case HOLD -> hold = news;
    }
    statements.add(TargetTables.droppedSql(table, column.name(), isShared));
  }

  private void retyped(MappedColumn column, RelationColumn found) {
    Optional<MappedColumn> other =
        nowOf(column)
            .filter(
                fresh ->
                    fresh.source().type().oid() == found.typeOid()
                        && fresh.source().type().modifier() == found.typeModifier());
    String news =
        column.source().name()
            + other
                .map(
                    fresh ->
                        " is now "
                            + fresh.source().type().source()
                            + ", was "
                            + column.source().type().source())
                .orElse(" has another type, and another one again by now");
    if (table.onChange().changedType() == ChangeSettings.ChangedType.HOLD) {
      hold = news;
      return;
    }
    if (other.isEmpty()) {
      again = news;
      return;
    }
    MappedColumn fresh = other.get();
    if (isShared && !fresh.type().equals(column.type())) {
      // What the column is by now, and can become, depends on the other sources.
      again = news;
      return;
    }
    if (!fresh.type().equals(column.type())) {
      String name = Sql.name(column.name());
      statements.add(
          "ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s"
              .formatted(table.target().quoted(), name, fresh.type(), name, fresh.type()));
    }
    columns.add(as(column, fresh.source(), column.name(), fresh.type(), fresh.function()));
    what.add(news);
  }

  /**
   * A column that the configuration names and the mapping has not, and that is sent from now on.
   */
  private void fresh(MappedColumn column) {
    boolean known =
        table.columns().stream()
            .anyMatch(other -> other.source().number() == column.source().number());
    RelationColumn found = sent.get(column.source().name());
    if (known
        || found == null
        || found.typeOid() != column.source().type().oid()
        || found.typeModifier() != column.source().type().modifier()) {
      return;
    }
    String news = column.source().name() + " is new";
    switch (table.onChange().addedColumn()) {
      case APPLY -> {
        add(column);
        resync = true;
        what.add(news + "; rows that are there get it by a resync");
      }
      case APPLY_NULLABLE -> {
        add(column);
        what.add(news + "; rows that are there get it when they change");
      }
      case IGNORE -> what.add(news + " and is left out");
      case HOLD -> hold = news;
    }
  }

  private void add(MappedColumn column) {
    statements.add(
        "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s"
            .formatted(table.target().quoted(), Sql.name(column.name()), column.type()));
    columns.add(column);
  }
}
