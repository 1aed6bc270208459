package io.tidemark.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table of the source and its copy in the target, for {@link AnalyticsChecker}.
 *
 * @param source the table's qualified name as SQL, in the source
 * @param target the same, in the target
 * @param expressions by column of the target (as SQL): what it must hold, as an expression over the
 *     source's row
 * @param key columns of the target that identify a row in messages, among the above; may be empty
 * @param sourceWhere a row filter of the source, {@code true} for all rows
 * @param targetWhere which rows of the target come from this source
 */
public record AnalyticsCheckedTable(
    String source,
    String target,
    Map<String, String> expressions,
    List<String> key,
    String sourceWhere,
    String targetWhere) {
  public AnalyticsCheckedTable {
    expressions = new LinkedHashMap<>(expressions);
    key = List.copyOf(key);
    if (!expressions.keySet().containsAll(key)) {
      throw new IllegalArgumentException(key + " is not among " + expressions.keySet());
    }
  }

  /** Without any column yet. */
  public static AnalyticsCheckedTable of(String source, String target) {
    return new AnalyticsCheckedTable(source, target, Map.of(), List.of(), "true", "true");
  }

  /** Also these columns, of the same name and unchanged. */
  public AnalyticsCheckedTable columns(String... names) {
    Map<String, String> more = new LinkedHashMap<>(expressions);
    Arrays.stream(names).forEach(name -> more.put(name, name));
    return new AnalyticsCheckedTable(source, target, more, key, sourceWhere, targetWhere);
  }

  /** Also that column of the target, or instead of what was said of it. */
  public AnalyticsCheckedTable column(String name, String sourceExpression) {
    Map<String, String> more = new LinkedHashMap<>(expressions);
    more.put(name, sourceExpression);
    return new AnalyticsCheckedTable(source, target, more, key, sourceWhere, targetWhere);
  }

  /** Without those columns, which the target does not have. */
  public AnalyticsCheckedTable without(String... names) {
    Map<String, String> fewer = new LinkedHashMap<>(expressions);
    List.of(names).forEach(fewer::remove);
    return new AnalyticsCheckedTable(source, target, fewer, key, sourceWhere, targetWhere);
  }

  /** What identifies a row in messages. */
  public AnalyticsCheckedTable keyedBy(String... names) {
    return new AnalyticsCheckedTable(
        source, target, expressions, List.of(names), sourceWhere, targetWhere);
  }

  /** The row filter that the pipeline has for the table. */
  public AnalyticsCheckedTable where(String condition) {
    return new AnalyticsCheckedTable(source, target, expressions, key, condition, targetWhere);
  }

  /** Such as {@code _site = 'x' AND _database = 'y'}. */
  public AnalyticsCheckedTable targetWhere(String condition) {
    return new AnalyticsCheckedTable(source, target, expressions, key, sourceWhere, condition);
  }

  /** A query of the source with the columns {@code key} and {@code line}, both text. */
  String sourceRows() {
    return rows(source, sourceWhere, new ArrayList<>(expressions.values()), keyExpressions());
  }

  /** The same of the target. */
  String targetRows() {
    return rows(target, targetWhere, new ArrayList<>(expressions.keySet()), key);
  }

  private List<String> keyExpressions() {
    return key.stream().map(name -> expressions.getOrDefault(name, name)).toList();
  }

  private static String rows(
      String table, String where, List<String> columns, List<String> keyColumns) {
    String line = "ROW(" + String.join(", ", columns) + ")::text";
    String key = keyColumns.isEmpty() ? line : "ROW(" + String.join(", ", keyColumns) + ")::text";
    return "SELECT %s AS key, %s AS line FROM %s WHERE %s".formatted(key, line, table, where);
  }
}
