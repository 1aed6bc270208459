package io.tidemark.replicamanager;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table as the catalogue of one side has it.
 *
 * @param identity how the source tells a changed row from others
 * @param key the columns of the replica identity in the index's order, or of the primary key where
 *     all columns are the identity; empty where there is none
 * @param rows estimated; -1: never analysed
 */
record LogicalTable(
    long oid,
    TableName name,
    Identity identity,
    List<String> key,
    List<LogicalColumn> columns,
    long rows) {

  /** pg_class.relreplident, where that is usable. */
  enum Identity {
    KEY,
    FULL,
    NONE
  }

  LogicalTable {
    key = List.copyOf(key);
    columns = List.copyOf(columns);
  }

  Optional<LogicalColumn> column(String wanted) {
    return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
  }

  /** Those that a publication without a column list sends: all that are not generated. */
  List<LogicalColumn> sent() {
    return columns.stream().filter(column -> !column.isGenerated()).toList();
  }

  /** Those of them that the column list names; an empty list names all. */
  List<LogicalColumn> sent(Set<String> list) {
    return sent().stream()
        .filter(column -> list.isEmpty() || list.contains(column.name()))
        .toList();
  }
}
