package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes out of a mapping what has come after a source was begun and is to be ignored. It is not
 * published either, so nothing of it leaves the source.
 */
final class LeftOut {
  private LeftOut() {}

  static TableMapping from(TableMapping all, List<TableRow> rows, List<SavedColumn> saved) {
    Set<TableName> known = rows.stream().map(TableRow::name).collect(Collectors.toSet());
    Map<TableName, Set<Integer>> columns = new HashMap<>();
    saved.forEach(
        column ->
            columns.computeIfAbsent(column.table(), _ -> new HashSet<>()).add(column.number()));
    List<MappedTable> tables = new ArrayList<>();
    for (MappedTable table : all.tables()) {
      if (known.contains(table.name())) {
        tables.add(withKnown(table, columns.getOrDefault(table.name(), Set.of())));
      } else if (table.onChange().newTable() != NewTable.IGNORE) {
        tables.add(table);
      }
    }
    return new TableMapping(tables, all.problems());
  }

  private static MappedTable withKnown(MappedTable table, Set<Integer> known) {
    if (known.isEmpty() || table.onChange().addedColumn() != AddedColumn.IGNORE) {
      return table;
    }
    List<MappedColumn> columns =
        table.columns().stream()
            .filter(
                column ->
                    known.contains(column.source().number()) || table.key().contains(column.name()))
            .toList();
    return table.with(table.target(), columns, table.key());
  }
}
