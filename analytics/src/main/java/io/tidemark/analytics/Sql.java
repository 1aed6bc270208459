package io.tidemark.analytics;

import java.util.Collection;
import java.util.stream.Collectors;

/** Names and values as SQL text. */
final class Sql {
  private Sql() {}

  /** A name in double quotes. */
  static String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** {@code "schema"."table"}. */
  static String name(String schema, String table) {
    return name(schema) + "." + name(table);
  }

  /** Names in double quotes, between commas. */
  static String names(Collection<String> names) {
    return names.stream().map(Sql::name).collect(Collectors.joining(", "));
  }

  /** A text constant, whatever standard_conforming_strings is. */
  static String literal(String text) {
    String quoted = "'" + text.replace("'", "''") + "'";
    return text.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
  }
}
