package io.tidemark.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Tables with a column for every type that a table can hold: PostgreSQL's own, arrays of them (also
 * empty, of several dimensions, with nulls and with other lower bounds), ranges and multiranges,
 * enums, domains, composites, those of extensions; each with its extreme and awkward values. The
 * tables are in the schema {@code types} and have a bigint primary key {@code id}.
 *
 * <p>Left out are types whose values cannot be put in as text: gtsvector, pg_node_tree, the
 * planner's and BRIN's own.
 */
public final class TypeMatrix {
  private static final int MOVED = 1000;

  /**
   * A column.
   *
   * @param name as SQL
   * @param type as SQL
   */
  public record Column(String name, String type) {}

  /**
   * A table.
   *
   * @param name qualified, as SQL
   * @param columns without id
   */
  public record Table(String name, List<Column> columns) {
    public Table {
      columns = List.copyOf(columns);
    }

    /** To be compared with a table of the target, id as key, all columns unchanged. */
    public AnalyticsCheckedTable check(String target, String targetWhere) {
      return AnalyticsCheckedTable.of(name, target)
          .columns("id")
          .columns(columns.stream().map(Column::name).toArray(String[]::new))
          .keyedBy("id")
          .targetWhere(targetWhere);
    }
  }

  private final Map<Table, List<TypeMatrixColumn>> tables = new LinkedHashMap<>();

  private TypeMatrix(int major) {
    TypeMatrixBuiltIn.groups(major).forEach(this::add);
    add("user_types", TypeMatrixUser.ofTypes());
    add("extensions", TypeMatrixUser.ofExtensions());
  }

  /**
   * What that major knows, from 15. Where values go from one server to another, the lower of both
   * majors.
   */
  public static TypeMatrix of(int major) {
    return new TypeMatrix(major);
  }

  private void add(String group, List<TypeMatrixColumn> scalars) {
    List<TypeMatrixColumn> columns =
        scalars.stream()
            .flatMap(
                column -> column.element() ? Stream.of(column, column.array()) : Stream.of(column))
            .toList();
    List<Column> named =
        IntStream.range(0, columns.size())
            .mapToObj(i -> new Column("c" + (i + 1), columns.get(i).type()))
            .toList();
    tables.put(new Table("types." + group, named), columns);
  }

  /** The tables. */
  public List<Table> tables() {
    return List.copyOf(tables.keySet());
  }

  /** Extensions, schemas and types: what a target of these columns needs too. */
  public List<String> typeDdl() {
    List<String> statements = new ArrayList<>(TypeMatrixUser.extensions());
    statements.add("CREATE SCHEMA types");
    statements.add("CREATE SCHEMA \"odd Schema\"");
    statements.addAll(TypeMatrixUser.types());
    return statements;
  }

  /** {@link #typeDdl}, then the tables. */
  public List<String> ddl() {
    List<String> statements = new ArrayList<>(typeDdl());
    for (Table table : tables()) {
      String columns =
          table.columns().stream()
              .map(column -> ", " + column.name() + " " + column.type())
              .collect(Collectors.joining());
      statements.add("CREATE TABLE %s (id bigint PRIMARY KEY%s)".formatted(table.name(), columns));
    }
    return statements;
  }

  /**
   * The rows: the first of each table has the first value of each column, and so on, null where a
   * column has no more; the last row has nulls alone.
   */
  public List<String> inserts() {
    List<String> statements = new ArrayList<>();
    tables.forEach(
        (table, columns) -> {
          for (int row = 0; row < rows(columns); row++) {
            int index = row;
            String values =
                columns.stream()
                    .map(column -> ", " + column.value(index))
                    .collect(Collectors.joining());
            statements.add("INSERT INTO %s VALUES (%d%s)".formatted(table.name(), row + 1, values));
          }
        });
    return statements;
  }

  /**
   * Of each table: every row takes the values of the next one; only the first column changes; a key
   * changes; a row goes, with its values, to another key and back; one becomes null, one is
   * deleted.
   */
  public List<String> updates() {
    List<String> statements = new ArrayList<>();
    tables.forEach((table, columns) -> statements.addAll(updates(table, rows(columns))));
    return statements;
  }

  private static List<String> updates(Table table, int rows) {
    String update = "UPDATE " + table.name() + " SET ";
    String names = table.columns().stream().map(Column::name).collect(Collectors.joining(", "));
    String first = table.columns().getFirst().name();
    String nulls =
        table.columns().stream()
            .map(column -> column.name() + " = NULL")
            .collect(Collectors.joining(", "));
    return List.of(
        "UPDATE %1$s t SET (%2$s) = (SELECT %2$s FROM %1$s o WHERE o.id = t.id %% %3$d + 1)"
            .formatted(table.name(), names, rows),
        update + first + " = NULL WHERE id % 2 = 0",
        update + "id = id + %d WHERE id IN (1, 3)".formatted(MOVED),
        update + "id = 1 WHERE id = %d".formatted(MOVED + 1),
        update + nulls + " WHERE id = 1",
        "DELETE FROM " + table.name() + " WHERE id = 2");
  }

  private static int rows(List<TypeMatrixColumn> columns) {
    return 1 + columns.stream().mapToInt(TypeMatrixColumn::rows).max().orElse(0);
  }
}
