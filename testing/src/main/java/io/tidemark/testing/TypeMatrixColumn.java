package io.tidemark.testing;

import java.util.List;
import java.util.stream.Stream;

/**
 * A column of the type matrix with its values.
 *
 * @param type as SQL
 * @param values expressions of SQL
 * @param large more of these, which arrays do not repeat
 * @param element whether there shall be a column of arrays of it too
 */
record TypeMatrixColumn(String type, List<String> values, List<String> large, boolean element) {
  /** Values given as text, as the type's input function takes it. */
  static TypeMatrixColumn column(String type, String... texts) {
    return new TypeMatrixColumn(
        type, Stream.of(texts).map(text -> literal(text, type)).toList(), List.of(), true);
  }

  /** Values given as expressions. */
  static TypeMatrixColumn expressions(String type, String... expressions) {
    return new TypeMatrixColumn(type, List.of(expressions), List.of(), true);
  }

  /** Also those values, given as expressions. */
  TypeMatrixColumn and(String... expressions) {
    return new TypeMatrixColumn(
        type, Stream.concat(values.stream(), Stream.of(expressions)).toList(), large, element);
  }

  /** Also that large value, given as an expression. */
  TypeMatrixColumn andLarge(String expression) {
    return new TypeMatrixColumn(type, values, List.of(expression), element);
  }

  /** The value in that row from 0, {@code NULL} where there are no more. */
  String value(int row) {
    int beyond = row - values.size();
    return beyond < 0 ? values.get(row) : beyond < large.size() ? large.get(beyond) : "NULL";
  }

  int rows() {
    return values.size() + large.size();
  }

  /** The same where the condition is true. */
  TypeMatrixColumn when(boolean condition, String... texts) {
    return condition
        ? and(Stream.of(texts).map(text -> literal(text, type)).toArray(String[]::new))
        : this;
  }

  /**
   * Arrays of it: empty, of all values with nulls between, of two and three dimensions, with bounds
   * that are not 1, of nulls alone.
   */
  TypeMatrixColumn array() {
    String array = type + "[]";
    String first = values.getFirst();
    String last = values.getLast();
    String all = String.join(", NULL, ", values);
    return new TypeMatrixColumn(
        array,
        List.of(
            "'{}'::" + array,
            "ARRAY[%s]::%s".formatted(all, array),
            "ARRAY[[%s, NULL, %s], [%2$s, %1$s, NULL]]::%s".formatted(first, last, array),
            "array_fill(%s, ARRAY[2, 1, 2])".formatted(first),
            "array_fill(%s, ARRAY[2, 2], ARRAY[-3, 7])".formatted(last),
            "ARRAY[NULL, NULL]::" + array),
        List.of(),
        false);
  }

  private static String literal(String text, String type) {
    return "'" + text.replace("'", "''") + "'::" + type;
  }
}
