package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A table, as SQL names it.
 *
 * @param database empty: the one that is connected to by default
 */
public record TableName(Optional<String> database, String schema, String table) {
  private static final Pattern PART = Pattern.compile("(?:\"((?:[^\"]|\"\")+)\"|([^\".]+))(\\.|$)");

  /**
   * Reads {@code [database.]schema.table}; what is not in double quotes in lower case, as SQL has
   * it.
   *
   * @throws TidemarkException USAGE
   */
  public static TableName parse(String text) {
    List<String> parts = new ArrayList<>();
    Matcher matcher = PART.matcher(text);
    int at = 0;
    while (at < text.length() && matcher.find(at) && matcher.start() == at) {
      String quoted = matcher.group(1);
      parts.add(
          quoted == null
              ? matcher.group(2).toLowerCase(Locale.ROOT)
              : quoted.replace("\"\"", "\""));
      at = matcher.end();
    }
    if (at != text.length() || text.endsWith(".") || parts.size() < 2 || parts.size() > 3) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "found '" + text + "'; expected a table as database.schema.table or schema.table",
          "Quote names as in SQL: 'shop.\"Sales\".orders'");
    }
    return parts.size() == 3
        ? new TableName(Optional.of(parts.get(0)), parts.get(1), parts.get(2))
        : new TableName(Optional.empty(), parts.get(0), parts.get(1));
  }

  /** For SQL, without the database. */
  String quoted() {
    return quoted(schema) + "." + quoted(table);
  }

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  @Override
  public String toString() {
    return database.map(name -> name + ".").orElse("") + schema + "." + table;
  }
}
