package io.tidemark.analytics;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A table of a database.
 *
 * @param schema as the catalog has it
 * @param table as the catalog has it
 */
public record TableName(String schema, String table) implements Comparable<TableName> {
  private static final Pattern TEXT =
      Pattern.compile("(?:\"((?:[^\"]|\"\")+)\"|([^.]+))\\.(.+)", Pattern.DOTALL);

  /** Reads {@link #toString}. Throws IllegalArgumentException where there is no dot. */
  public static TableName parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a table such as public.orders: '" + text + "'");
    }
    String quoted = parts.group(1);
    return new TableName(
        quoted == null ? parts.group(2) : quoted.replace("\"\"", "\""), parts.group(3));
  }

  String quoted() {
    return Sql.name(schema, table);
  }

  @Override
  public int compareTo(TableName other) {
    return toString().compareTo(other.toString());
  }

  /** {@code schema.table}; a schema in quotes only where it could be read in another way. */
  @Override
  public String toString() {
    boolean plain = schema.indexOf('.') < 0 && schema.indexOf('"') < 0;
    return (plain ? schema : Sql.name(schema)) + "." + table;
  }
}
