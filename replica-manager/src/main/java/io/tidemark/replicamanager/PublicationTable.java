package io.tidemark.replicamanager;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A table in a publication.
 *
 * @param columns the column list; empty: none, so all columns
 * @param filter the row filter as the server writes it
 */
record PublicationTable(
    String publication, TableName table, Set<String> columns, Optional<String> filter) {
  PublicationTable {
    columns = Set.copyOf(columns);
  }

  /** As CREATE and ALTER PUBLICATION have it: {@code public.a (id, b) WHERE (b > 0)}. */
  String sql() {
    String list =
        columns.isEmpty()
            ? ""
            : new TreeSet<>(columns)
                .stream().map(TableName::quoted).collect(Collectors.joining(", ", " (", ")"));
    return "TABLE "
        + table.quoted()
        + list
        + filter.map(where -> " WHERE (" + where + ")").orElse("");
  }
}
