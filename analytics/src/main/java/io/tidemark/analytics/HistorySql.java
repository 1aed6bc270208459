package io.tidemark.analytics;

import java.util.BitSet;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** The statements that write versions of rows: the current one has no end. */
final class HistorySql {
  private final MappedTable table;
  private final TableSql rows;
  private final String name;

  /**
   * @param rows of the same table
   */
  HistorySql(MappedTable table, TableSql rows) {
    this.table = table;
    this.rows = rows;
    this.name = table.target().quoted();
  }

  /**
   * Takes the key's columns, and moments: ends current versions. Gives the rows whose last version
   * ends later than at its moment, also where it had ended before, as of a row that was deleted.
   */
  String close() {
    String from = "t." + Sql.name(MappedTable.VALID_FROM);
    String to = "t." + Sql.name(MappedTable.VALID_TO);
    return "WITH s AS (SELECT * FROM "
        + rows.numberedArrays("moment")
        + "), closed AS (UPDATE "
        + name
        + " t SET "
        + ended("s.moment::timestamptz")
        + " FROM s WHERE "
        + rows.matchesKey()
        + " AND "
        + isCurrent()
        + " RETURNING s.place, s.moment, "
        + to
        + " AS ended), before AS (SELECT s.place, s.moment, last.ended FROM s CROSS JOIN LATERAL"
        + " (SELECT "
        + to
        + " AS ended FROM "
        + name
        + " t WHERE "
        + rows.matchesKey()
        + " ORDER BY "
        + from
        + " DESC, "
        + to
        + " DESC LIMIT 1) last)"
        + " SELECT place, max(ended) AS ended FROM (TABLE closed UNION ALL TABLE before) o"
        + " WHERE ended > moment::timestamptz GROUP BY place";
  }

  /** Takes the key's columns, and moments: deletes current versions that began then. */
  String retract() {
    return "DELETE FROM "
        + name
        + " t USING "
        + rows.keyArrays("moment")
        + " WHERE "
        + rows.matchesKey()
        + " AND "
        + isCurrent()
        + " AND "
        + beganAt("s.moment");
  }

  /**
   * Takes a moment, the values of the key, then one for each known column: changes the current
   * version where it began then.
   */
  String amend(BitSet known) {
    StringJoiner set = new StringJoiner(", ");
    known.stream()
        .forEach(place -> set.add(Sql.name(table.sent().get(place).name()) + " = n.c" + place));
    return "WITH o AS (SELECT t.ctid AS id FROM "
        + name
        + " t WHERE "
        + beganAt("?")
        + " AND "
        + rows.hasKey()
        + " AND "
        + isCurrent()
        + "), n AS (SELECT "
        + known.stream()
            .mapToObj(place -> rows.parameter(place) + " AS c" + place)
            .collect(Collectors.joining(", "))
        + ") UPDATE "
        + name
        + " t SET "
        + set
        + " FROM o, n WHERE t.ctid = o.id";
  }

  /** Takes a moment: deletes all current versions that began then. */
  String retractAll() {
    return "DELETE FROM "
        + name
        + " t WHERE "
        + table.ownRows("t")
        + " AND "
        + isCurrent()
        + " AND "
        + beganAt("?");
  }

  /** Takes a moment. */
  String closeAll() {
    return "UPDATE "
        + name
        + " t SET "
        + ended("?::timestamptz")
        + " WHERE "
        + table.ownRows("t")
        + " AND "
        + isCurrent();
  }

  /**
   * Ends the current version and begins the next. Takes a moment, the values of the former key,
   * then one for each known column.
   */
  String succeed(BitSet known) {
    return "WITH t AS (UPDATE "
        + name
        + " t SET "
        + ended("?::timestamptz")
        + " WHERE "
        + rows.hasKey()
        + " AND "
        + isCurrent()
        + " RETURNING t.*) INSERT INTO "
        + name
        + " ("
        + rows.columns()
        + ", "
        + Sql.name(MappedTable.VALID_FROM)
        + ") SELECT "
        + rows.known(known)
        + ", t."
        + Sql.name(MappedTable.VALID_TO)
        + " FROM t";
  }

  private static String ended(String moment) {
    String from = Sql.name(MappedTable.VALID_FROM);
    return Sql.name(MappedTable.VALID_TO) + " = greatest(" + moment + ", t." + from + ")";
  }

  private static String isCurrent() {
    return "t." + Sql.name(MappedTable.VALID_TO) + " IS NULL";
  }

  private static String beganAt(String moment) {
    return "t." + Sql.name(MappedTable.VALID_FROM) + " = " + moment + "::timestamptz";
  }
}
