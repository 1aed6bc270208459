package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PublicationFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Row filters that cannot be used: the server refuses them, or takes them and refuses UPDATE and
 * DELETE of their tables then.
 */
final class RowFilters {
  private RowFilters() {}

  /** Takes away the tables whose filters cannot be used. */
  static TableMapping checked(PostgresSession source, TableMapping mapping) {
    List<MappedTable> usable = new ArrayList<>();
    List<TableProblem> problems = new ArrayList<>(mapping.problems());
    for (MappedTable table : mapping.tables()) {
      table
          .where()
          .flatMap(where -> problem(source, table, where))
          .ifPresentOrElse(problems::add, () -> usable.add(table));
    }
    return new TableMapping(usable, problems);
  }

  private static Optional<TableProblem> problem(
      PostgresSession source, MappedTable table, String where) {
    return switch (PublicationFilter.probe(source, table.name().quoted(), where)) {
      case PublicationFilter.None() -> Optional.empty();
      case PublicationFilter.Unusable(String why) ->
          Optional.of(
              new TableProblem(
                  table.name(),
                  "its where: cannot be used: " + why,
                  "correct where: in the configuration"));
      case PublicationFilter.Usable(_, Set<String> columns) -> {
        Set<String> beside = new TreeSet<>(columns);
        beside.removeAll(Set.copyOf(table.source().key()));
        boolean any = table.kind() == MappedTable.Kind.APPEND || table.source().isFull();
        yield any || beside.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new TableProblem(
                    table.name(),
                    "its where: uses "
                        + String.join(", ", beside)
                        + ", which is not in its replica identity: PostgreSQL would refuse every"
                        + " UPDATE and DELETE of it",
                    "filter by key columns, or in a view of the analytics database, or give the"
                        + " table REPLICA IDENTITY FULL"));
      }
    };
  }
}
