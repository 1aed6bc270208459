package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.TableSettings;
import io.tidemark.postgres.LogicalMessage.Relation;
import io.tidemark.postgres.LogicalMessage.RelationColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes tables, mappings and relations for tests without a server. */
final class ShapeTables {
  static final TableName NAME = new TableName("public", "t");
  static final int OID = 16_400;

  private ShapeTables() {}

  static ColumnType type(String type) {
    int oid =
        switch (type) {
          case "integer" -> 23;
          case "bigint" -> 20;
          case "text" -> 25;
          default -> throw new IllegalArgumentException(type);
        };
    return new ColumnType(oid, -1, type, type, true, true, oid);
  }

  /** {@code number name type}. */
  static SourceColumn column(String words) {
    String[] parts = words.split(" ", -1);
    return new SourceColumn(
        Integer.parseInt(parts[0]), parts[1], type(parts[2]), false, Optional.empty());
  }

  static List<SourceColumn> columns(String... words) {
    return List.of(words).stream().map(ShapeTables::column).toList();
  }

  static SourceTable source(List<SourceColumn> columns, String... key) {
    return source(OID, 'd', columns, key);
  }

  static SourceTable source(int oid, char identity, List<SourceColumn> columns, String... key) {
    return new SourceTable(
        oid,
        NAME,
        false,
        false,
        identity,
        columns,
        List.of(key),
        Set.of(),
        List.of(new SourceTable.Leaf(oid, oid, NAME, 1)),
        8192,
        1);
  }

  /** All columns of a table whose key is {@code id}, under their names. */
  static MappedTable mapped(ChangeSettings policy, String... words) {
    List<MappedColumn> mapped = new ArrayList<>();
    for (SourceColumn column : columns(words)) {
      mapped.add(
          new MappedColumn(
              column,
              column.name(),
              column.name(),
              column.type().target(),
              Optional.empty(),
              MappedColumn.AS_IT_IS));
    }
    return new MappedTable(
        source(columns(words), "id"),
        new TableName("school", "t"),
        Map.of("_site", "one"),
        mapped,
        List.of("id"),
        MappedTable.Kind.KEYED,
        TableSettings.Mode.MIRROR,
        Optional.empty(),
        policy,
        ValueForm.TEXT);
  }

  static List<SavedColumn> saved(MappedTable table) {
    return table.columns().stream()
        .map(
            column ->
                new SavedColumn(
                    table.name(),
                    table.source().oid(),
                    column.source().number(),
                    column.source().name(),
                    column.configured(),
                    column.name(),
                    column.source().type().oid(),
                    column.source().type().modifier(),
                    column.type(),
                    false))
        .toList();
  }

  /** {@code name type}, with an asterisk before the name for the key. */
  static Relation relation(String... words) {
    List<RelationColumn> columns = new ArrayList<>();
    for (String each : words) {
      String[] parts = each.split(" ", -1);
      columns.add(
          new RelationColumn(
              parts[0].startsWith("*"), parts[0].replace("*", ""), type(parts[1]).oid(), -1));
    }
    return new Relation(0, OID, NAME.schema(), NAME.table(), 'd', columns);
  }
}
