package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads one side of a comparison: of the source what is taken of a table, masked; of the target the
 * current rows of this source. Rows are as {@link Rows} has them. Keys have no mask.
 */
final class ComparedSide {
  private final PostgresSession session;
  private final MappedTable table;
  private final Throttle throttle;
  private final boolean masks;
  private final List<MappedColumn> sent;
  private final int[] key;
  private final Function<MappedColumn, String> name;
  private final Function<MappedColumn, String> type;
  private final String rows;
  private long bytes;

  private ComparedSide(
      PostgresSession session, MappedTable table, Throttle throttle, boolean isSource) {
    this.session = session;
    this.table = table;
    this.throttle = throttle;
    this.masks = isSource;
    this.sent = table.sent();
    this.key = TableSql.keyColumns(table);
    this.name = isSource ? column -> column.source().name() : MappedColumn::name;
    this.type = isSource ? column -> column.source().type().source() : MappedColumn::type;
    this.rows = isSource ? sourceRows(table) : targetRows(table);
  }

  static ComparedSide source(PostgresSession session, MappedTable table, Throttle throttle) {
    return new ComparedSide(session, table, throttle, true);
  }

  static ComparedSide target(PostgresSession session, MappedTable table, Throttle throttle) {
    return new ComparedSide(session, table, throttle, false);
  }

  private static String sourceRows(MappedTable table) {
    return (table.source().isPartitioned() ? "" : "ONLY ")
        + table.name().quoted()
        + table.where().map(filter -> " WHERE (" + filter + ")").orElse("");
  }

  private static String targetRows(MappedTable table) {
    String current =
        table.isHistory()
            ? " AND x." + Sql.name(MappedTable.VALID_TO) + " IS NULL"
            : table.isSoftDelete() ? " AND x." + Sql.name(MappedTable.DELETED_AT) + " IS NULL" : "";
    return table.target().quoted() + " x WHERE " + table.ownRows("x") + current;
  }

  /** What was read so far. */
  long bytes() {
    return bytes;
  }

  /** The first rows behind a key, in the order of their keys. */
  List<byte[] @Nullable []> after(Optional<RowKey> begin, int limit) {
    return list(where(begin, Optional.empty()) + order() + " LIMIT " + limit);
  }

  /** Rows behind one key and up to another, in the order of their keys. */
  List<byte[] @Nullable []> between(Optional<RowKey> begin, Optional<RowKey> end, int limit) {
    return list(where(begin, end) + order() + " LIMIT " + limit);
  }

  /** All rows behind one key and up to another. */
  List<byte[] @Nullable []> between(Optional<RowKey> begin, Optional<RowKey> end) {
    return list(where(begin, end));
  }

  /** The rows that have one of the keys. */
  List<byte[] @Nullable []> having(List<RowKey> keys) {
    if (keys.isEmpty()) {
      return List.of();
    }
    StringJoiner arrays = new StringJoiner(", ", " JOIN unnest(", ")");
    StringJoiner names = new StringJoiner(", ", " AS s (", ")");
    StringJoiner equal = new StringJoiner(" AND ", " ON ", "");
    for (int i = 0; i < key.length; i++) {
      int place = i;
      arrays.add(
          keys.stream()
              .map(each -> Sql.literal(text(each, place)))
              .collect(Collectors.joining(",", "ARRAY[", "]::text[]")));
      names.add("c" + i);
      MappedColumn column = sent.get(key[i]);
      equal.add(keyColumn(i) + " = s.c" + i + "::" + type.apply(column));
    }
    return list(arrays.toString() + names + equal);
  }

  /** Gives every row to a sink, in no order. */
  void all(RowSink sink) {
    read("", sink);
  }

  /** Takes rows. */
  @FunctionalInterface
  interface RowSink {
    void accept(byte[] @Nullable [] row);
  }

  private List<byte[] @Nullable []> list(String rest) {
    List<byte[] @Nullable []> found = new ArrayList<>();
    read(rest, found::add);
    return found;
  }

  private void read(String rest, RowSink sink) {
    String columns =
        sent.stream()
            .map(column -> "t." + Sql.name(name.apply(column)))
            .collect(Collectors.joining(", "));
    session.copyOut(
        "COPY (SELECT " + columns + " FROM (SELECT * FROM " + rows + ") t" + rest + ") TO STDOUT",
        (line, length) -> {
          throttle.pass(length);
          bytes += length;
          sink.accept(row(line, length));
        });
  }

  private byte[] @Nullable [] row(byte[] line, int length) {
    byte[] @Nullable [] row = CopyText.row(line, length, sent.size());
    if (masks && table.isMasked()) {
      for (int i = 0; i < row.length; i++) {
        row[i] = sent.get(i).function().apply(row[i]);
      }
    }
    return row;
  }

  private String where(Optional<RowKey> begin, Optional<RowKey> end) {
    StringJoiner conditions = new StringJoiner(" AND ", " WHERE ", "").setEmptyValue("");
    begin.ifPresent(key -> conditions.add("(" + keyColumns() + ") > (" + literals(key) + ")"));
    end.ifPresent(key -> conditions.add("(" + keyColumns() + ") <= (" + literals(key) + ")"));
    return conditions.toString();
  }

  private String order() {
    return " ORDER BY " + keyColumns();
  }

  private String keyColumns() {
    StringJoiner columns = new StringJoiner(", ");
    for (int i = 0; i < key.length; i++) {
      columns.add(keyColumn(i));
    }
    return columns.toString();
  }

  private String keyColumn(int i) {
    return "t." + Sql.name(name.apply(sent.get(key[i])));
  }

  private String literals(RowKey values) {
    StringJoiner literals = new StringJoiner(", ");
    for (int i = 0; i < key.length; i++) {
      literals.add(Sql.literal(text(values, i)) + "::" + type.apply(sent.get(key[i])));
    }
    return literals.toString();
  }

  private static String text(RowKey values, int place) {
    byte[] value = values.values()[place];
    if (value == null) {
      throw new IllegalStateException("a key's columns are NOT NULL");
    }
    return new String(value, StandardCharsets.UTF_8);
  }
}
