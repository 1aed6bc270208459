package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Row filters that PostgreSQL would take and that would do harm: it refuses UPDATE and DELETE of a
 * table whose filter has columns beside its replica identity (publicationcmds.c,
 * pub_rf_contains_invalid_column), and says so only to who then writes to the table.
 */
final class RowFilters {
  private static final String UNDEFINED_COLUMN = "42703";

  private RowFilters() {}

  /** Takes away the tables whose filters cannot be used. Nothing is changed at the source. */
  static TableMapping checked(PostgresSession source, TableMapping mapping) {
    List<MappedTable> usable = new ArrayList<>();
    List<TableProblem> problems = new ArrayList<>(mapping.problems());
    for (MappedTable table : mapping.tables()) {
      problem(source, table).ifPresentOrElse(problems::add, () -> usable.add(table));
    }
    return new TableMapping(usable, problems);
  }

  private static Optional<TableProblem> problem(PostgresSession source, MappedTable table) {
    Optional<String> filter = table.where();
    if (filter.isEmpty()) {
      return Optional.empty();
    }
    List<String> all = table.source().columns().stream().map(SourceColumn::name).toList();
    Optional<PostgresException> failure = failure(source, table, filter.get(), all);
    if (failure.isPresent()) {
      return Optional.of(
          new TableProblem(
              table.name(),
              "its where: is no condition on its rows: " + failure.get().getMessage(),
              "correct where: in the configuration"));
    }
    if (table.kind() == MappedTable.Kind.APPEND || table.source().isFull()) {
      return Optional.empty();
    }
    List<String> beside =
        all.stream()
            .filter(column -> !table.source().key().contains(column))
            .filter(column -> isUsed(source, table, filter.get(), all, column))
            .toList();
    return beside.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new TableProblem(
                table.name(),
                "its where: uses "
                    + String.join(", ", beside)
                    + ", which is not in its replica identity: PostgreSQL would refuse every UPDATE"
                    + " and DELETE of it",
                "filter by key columns, or in a view of the analytics database, or give the table"
                    + " REPLICA IDENTITY FULL"));
  }

  private static boolean isUsed(
      PostgresSession source, MappedTable table, String filter, List<String> all, String column) {
    List<String> others = all.stream().filter(each -> !each.equals(column)).toList();
    return failure(source, table, filter, others)
        .filter(e -> e.sqlState().equals(UNDEFINED_COLUMN))
        .isPresent();
  }

  /** Why the filter cannot be read where the table has these columns only. */
  private static Optional<PostgresException> failure(
      PostgresSession source, MappedTable table, String filter, List<String> columns) {
    String list = columns.stream().map(Sql::name).collect(Collectors.joining(", "));
    try {
      source.query(
          "EXPLAIN SELECT FROM (SELECT %s FROM %s) AS %s WHERE (%s)"
              .formatted(list, table.name().quoted(), Sql.name(table.name().table()), filter),
          _ -> 0);
      return Optional.empty();
    } catch (PostgresException e) {
      if (e.code() == ErrorCode.POSTGRES_UNREACHABLE) {
        throw e;
      }
      return Optional.of(e);
    }
  }
}
