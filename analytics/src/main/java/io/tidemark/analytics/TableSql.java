package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The statements that write one table of the target. Rows come as one array for each column, {@code
 * s.c0}, {@code s.c1} and so on, of text or of what {@link BinaryForm#given} says, and are cast to
 * the column's type: one statement for any number of rows, and no temporary table. {@link
 * RowParameters} makes the parameters.
 */
final class TableSql {
  private final MappedTable table;
  private final List<MappedColumn> sent;
  private final BinaryType[] given;
  private final int[] all;
  private final int[] key;
  private final String name;

  TableSql(MappedTable table) {
    this.table = table;
    this.sent = table.sent();
    this.given = BinaryForm.given(table);
    this.all = IntStream.range(0, sent.size()).toArray();
    this.key = keyColumns(table);
    this.name = table.target().quoted();
  }

  /** Places of the key's columns among those that are sent. */
  static int[] keyColumns(MappedTable table) {
    List<String> names = table.sent().stream().map(MappedColumn::name).toList();
    return table.key().stream().mapToInt(names::indexOf).toArray();
  }

  /** Takes the key's columns. */
  String delete() {
    return "DELETE FROM " + name + " t USING " + arrays(key, "") + " WHERE " + matchesKey();
  }

  /** Takes the key's columns, and moments. */
  String markDeleted() {
    return "UPDATE "
        + name
        + " t SET "
        + Sql.name(MappedTable.DELETED_AT)
        + " = s.moment::timestamptz FROM "
        + arrays(key, "moment")
        + " WHERE "
        + matchesKey()
        + " AND t."
        + Sql.name(MappedTable.DELETED_AT)
        + " IS NULL";
  }

  /** Takes the given columns, which contain the key's. */
  String update(BitSet columns) {
    List<Integer> places = columns.stream().boxed().toList();
    StringJoiner set = new StringJoiner(", ");
    for (int i = 0; i < places.size(); i++) {
      int place = places.get(i);
      if (!isKey(place)) {
        set.add(Sql.name(sent.get(place).name()) + " = " + cast(place, i));
      }
    }
    if (table.isSoftDelete()) {
      set.add(Sql.name(MappedTable.DELETED_AT) + " = NULL");
    }
    if (set.length() == 0) {
      // Nothing but the key: to be counted all the same.
      set.add(Sql.name(sent.get(key[0]).name()) + " = t." + Sql.name(sent.get(key[0]).name()));
    }
    return "UPDATE "
        + name
        + " t SET "
        + set
        + " FROM "
        + arrays(columns.stream().toArray(), "")
        + " WHERE "
        + table.ownRows("t")
        + IntStream.of(key)
            .mapToObj(place -> " AND " + equal(place, places.indexOf(place)))
            .collect(Collectors.joining());
  }

  /** Takes all columns; a row that is there is replaced. */
  String put() {
    return insert() + orReplace();
  }

  private String orReplace() {
    StringJoiner set = new StringJoiner(", ");
    for (MappedColumn each : sent) {
      // The key's too: equal ones may look different.
      String column = Sql.name(each.name());
      set.add(column + " = excluded." + column);
    }
    if (table.isSoftDelete()) {
      set.add(Sql.name(MappedTable.DELETED_AT) + " = NULL");
    }
    return " ON CONFLICT (" + Sql.names(table.primaryKey()) + ") DO UPDATE SET " + set;
  }

  /** Takes all columns. */
  String insert() {
    return "INSERT INTO "
        + name
        + " ("
        + columns()
        + ") SELECT "
        + labels()
        + casts(place -> cast(place, place))
        + " FROM "
        + arrays(all, "");
  }

  /** COPY of labels, columns, and what is given beside them. */
  String copy(String... more) {
    StringBuilder names = new StringBuilder(columns());
    for (String each : more) {
      names.append(", ").append(Sql.name(each));
    }
    String format = table.form() == ValueForm.BINARY ? " (FORMAT binary)" : "";
    return "COPY " + name + " (" + names + ") FROM STDIN" + format;
  }

  String deleteAll() {
    return "DELETE FROM " + name + " t WHERE " + table.ownRows("t");
  }

  /** Takes a moment. */
  String markAllDeleted() {
    return "UPDATE "
        + name
        + " t SET "
        + Sql.name(MappedTable.DELETED_AT)
        + " = ?::timestamptz WHERE "
        + table.ownRows("t")
        + " AND t."
        + Sql.name(MappedTable.DELETED_AT)
        + " IS NULL";
  }

  /** Takes all columns, and how many rows equal to each are to go. */
  String deleteEqual() {
    // As rows: so each value is compared as its type prints it, padded, and bool as t. Values that
    // are printed alike, such as two NaN, may come as different ones.
    return "DELETE FROM "
        + name
        + " d WHERE d.ctid IN (SELECT x.id FROM (SELECT t.ctid AS id, g.times,"
        + " row_number() OVER (PARTITION BY g.line) AS place FROM (SELECT ROW("
        + casts(place -> cast(place, place))
        + ")::text AS line, sum(s.times::int) AS times FROM "
        + arrays(all, "times")
        + " GROUP BY 1) g JOIN "
        + name
        + " t ON "
        + table.ownRows("t")
        + " AND ROW("
        + casts(place -> "t." + Sql.name(sent.get(place).name()))
        + ")::text = g.line) x WHERE x.place <= x.times)";
  }

  /** Takes one value for each known column, then those of the former key. */
  String move(BitSet known) {
    StringJoiner set = new StringJoiner(", ");
    known.stream()
        .forEach(place -> set.add(Sql.name(sent.get(place).name()) + " = " + parameter(place)));
    return "UPDATE " + name + " t SET " + set + " WHERE " + hasKey();
  }

  /**
   * A row beside a former one, whose values it takes where they are not known. Takes one value for
   * each known column, then those of the former key.
   */
  String insertBeside(BitSet known) {
    return "INSERT INTO "
        + name
        + " ("
        + columns()
        + ") SELECT "
        + known(known)
        + " FROM "
        + name
        + " t WHERE "
        + hasKey()
        + orReplace();
  }

  /** Takes the values of a key. Gives one row where there is one that is not marked. */
  String find() {
    return "SELECT 1 FROM "
        + name
        + " t WHERE "
        + hasKey()
        + (table.isSoftDelete() ? " AND t." + Sql.name(MappedTable.DELETED_AT) + " IS NULL" : "");
  }

  /** Labels, and columns as far as they are known; the others of {@code t}. */
  String known(BitSet known) {
    return labels()
        + casts(
            place -> known.get(place) ? parameter(place) : "t." + Sql.name(sent.get(place).name()));
  }

  /** Labels and what is sent. */
  String columns() {
    List<String> all = new ArrayList<>(table.labels().keySet());
    sent.forEach(column -> all.add(column.name()));
    return Sql.names(all);
  }

  private String labels() {
    return table.labels().values().stream()
        .map(value -> Sql.literal(value) + ", ")
        .collect(Collectors.joining());
  }

  private String casts(IntFunction<String> each) {
    return IntStream.range(0, sent.size()).mapToObj(each).collect(Collectors.joining(", "));
  }

  /** The key's. */
  String keyArrays(String last) {
    return arrays(key, last);
  }

  private String arrays(int[] places, String last) {
    StringJoiner names = new StringJoiner(", ", " AS s (", ")");
    return unnest(places, last, names) + names;
  }

  /** The key's, with their places from 1. */
  String numberedArrays(String last) {
    StringJoiner names = new StringJoiner(", ", " WITH ORDINALITY AS s (", ", place)");
    return unnest(key, last, names) + names;
  }

  private String unnest(int[] places, String last, StringJoiner names) {
    StringJoiner parameters = new StringJoiner(", ", "unnest(", ")");
    for (int i = 0; i < places.length; i++) {
      parameters.add(isText(places[i]) ? "?::text[]" : "?");
      names.add("c" + i);
    }
    if (!last.isEmpty()) {
      parameters.add("?::text[]");
      names.add(last);
    }
    return parameters.toString();
  }

  /** Whether {@code t} has the key that {@code s} has. */
  String matchesKey() {
    StringBuilder condition = new StringBuilder(table.ownRows("t"));
    for (int i = 0; i < key.length; i++) {
      condition.append(" AND ").append(equal(key[i], i));
    }
    return condition.toString();
  }

  /** Whether {@code t} has the key whose values are parameters. */
  String hasKey() {
    StringBuilder condition = new StringBuilder(table.ownRows("t"));
    for (int place : key) {
      condition
          .append(" AND t.")
          .append(Sql.name(sent.get(place).name()))
          .append(" = ")
          .append(parameter(place));
    }
    return condition.toString();
  }

  private String equal(int place, int array) {
    return "t." + Sql.name(sent.get(place).name()) + " = " + cast(place, array);
  }

  private String cast(int place, int array) {
    String type = sent.get(place).type();
    return type.equals("text") ? "s.c" + array : "s.c" + array + "::" + type;
  }

  /** Of the type of a column. */
  String parameter(int place) {
    return (isText(place) ? "?::" : "(?)[1]::") + sent.get(place).type();
  }

  private boolean isText(int place) {
    return given[place] == BinaryType.TEXT;
  }

  private boolean isKey(int place) {
    return IntStream.of(key).anyMatch(each -> each == place);
  }
}
