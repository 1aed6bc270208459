package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows of a target whose table is that of a {@link BatchSimulation}, as that has them. */
final class TargetLines {
  private static final String ROW =
      Stream.of("id", "\"Part \"\"of\"\" it\"", "\"select\"", "body")
          .map("coalesce('''' || %s || '''', 'null') || ' '"::formatted)
          .collect(Collectors.joining(" || "));

  private TargetLines() {}

  /** The rows of a site, sorted. */
  static List<String> of(PostgresSession target, MappedTable table, String site) {
    String more =
        switch (table.mode()) {
          case MIRROR -> "''";
          case SOFT_DELETE -> moment("_deleted_at");
          case HISTORY -> moment("_valid_from") + " || " + moment("_valid_to");
        };
    return target
        .query(
            "SELECT %s || %s AS line FROM %s WHERE _site = ?"
                .formatted(ROW, more, table.target().quoted()),
            row -> row.text("line"),
            site)
        .stream()
        .sorted()
        .toList();
  }

  private static String moment(String column) {
    return "coalesce(to_char(%s, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'null') || ' '"
        .formatted(column);
  }
}
