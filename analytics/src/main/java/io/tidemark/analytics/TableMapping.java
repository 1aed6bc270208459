package io.tidemark.analytics;

import java.util.List;
import java.util.Optional;

/**
 * What a source's tables become, as configuration and catalog have it.
 *
 * @param tables in the order of their names
 * @param problems of those that match a pattern and cannot be taken
 */
record TableMapping(List<MappedTable> tables, List<TableProblem> problems) {
  TableMapping {
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
  }

  Optional<MappedTable> table(TableName name) {
    return tables.stream().filter(table -> table.name().equals(name)).findFirst();
  }
}
