package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import io.tidemark.replicamanager.LogicalVerdict.Held;
import io.tidemark.replicamanager.LogicalVerdict.Ignored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a standby has beside the tables of the pipeline whose target it becomes. It is listed, and
 * nobody but people removes it.
 */
final class SeedRemains {
  private SeedRemains() {}

  /** Each with the SQL or the decision that it takes. */
  static List<String> of(
      LogicalSpec spec, PostgresSession source, Map<LogicalTable, LogicalVerdict> verdicts) {
    List<String> left = new ArrayList<>();
    new LogicalCatalog(source)
        .tables(LogicalPlanner.kind(spec.pipeline()), name -> spec.tableOf(name).isEmpty())
        .forEach(
            table ->
                left.add(
                    "%s, which no pattern matches: DROP TABLE %s"
                        .formatted(table.name(), table.name().quoted())));
    verdicts.forEach((table, verdict) -> left.addAll(left(table, verdict)));
    source
        .query(
            "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN"
                + " (current_database(), 'postgres') ORDER BY 1",
            row -> row.text("datname"))
        .forEach(
            name ->
                left.add(
                    "the database %s: DROP DATABASE %s".formatted(name, TableName.quoted(name))));
    return left;
  }

  /** The SQL that removes a column from the target. */
  static String removal(LogicalTable table, LogicalColumn column) {
    return "ALTER TABLE " + table.name().quoted() + " DROP COLUMN " + column.quoted();
  }

  private static List<String> left(LogicalTable table, LogicalVerdict verdict) {
    String name = table.name().quoted();
    return switch (verdict) {
      case Held(String why, String advice) ->
          List.of("%s, which is held: %s. %s".formatted(table.name(), why, advice));
      case Ignored(String why) ->
          List.of("%s, which is left out: %s: DROP TABLE %s".formatted(table.name(), why, name));
      case Follow follow -> {
        List<String> left = new ArrayList<>();
        Set<String> sent =
            table.sent(follow.as().columns()).stream()
                .map(LogicalColumn::name)
                .collect(Collectors.toSet());
        table.sent().stream()
            .filter(column -> !sent.contains(column.name()))
            .forEach(
                column ->
                    left.add(
                        "%s.%s, which is not among the columns: %s"
                            .formatted(table.name(), column.name(), removal(table, column))));
        follow
            .as()
            .filter()
            .ifPresent(
                where ->
                    left.add(
                        "rows of %s that its filter leaves out: DELETE FROM %s WHERE (%s) IS NOT TRUE"
                            .formatted(table.name(), name, where)));
        yield left;
      }
    };
  }
}
