package io.tidemark.analytics;

import io.tidemark.postgres.BinaryArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Values of one table's rows as parameters of the statements of {@link TableSql}: arrays of text or
 * of the columns' types, as the table's form is.
 */
final class RowParameters {
  private final BinaryType[] given;
  private final int[] all;
  private final int[] key;

  RowParameters(MappedTable table) {
    this.given = BinaryForm.given(table);
    this.all = IntStream.range(0, given.length).toArray();
    this.key = TableSql.keyColumns(table);
  }

  /** An array for each column of the key, of rows that are keys. */
  List<Object> keys(List<byte[] @Nullable []> keys) {
    List<Object> arrays = new ArrayList<>(key.length + 1);
    for (int i = 0; i < key.length; i++) {
      arrays.add(array(keys, i, given[key[i]]));
    }
    return arrays;
  }

  /** An array for each column that is sent. */
  List<Object> all(List<byte[] @Nullable []> rows) {
    return columns(rows, all);
  }

  /** An array for each of the columns at the given places. */
  List<Object> columns(List<byte[] @Nullable []> rows, int[] places) {
    List<Object> arrays = new ArrayList<>(places.length + 1);
    for (int place : places) {
      arrays.add(array(rows, place, given[place]));
    }
    return arrays;
  }

  private static BinaryArray array(List<byte[] @Nullable []> rows, int place, BinaryType type) {
    List<byte @Nullable []> column = new ArrayList<>(rows.size());
    for (byte[] @Nullable [] row : rows) {
      column.add(row[place]);
    }
    return BinaryArray.of(type.oid(), type.arrayOid(), column);
  }

  static Object moments(List<Moment> at) {
    return texts(at, Moment::text);
  }

  static <T> Object texts(List<T> values, Function<T, String> text) {
    List<byte @Nullable []> bytes = new ArrayList<>(values.size());
    for (T value : values) {
      bytes.add(text.apply(value).getBytes(StandardCharsets.UTF_8));
    }
    return BinaryArray.of(BinaryType.TEXT.oid(), BinaryType.TEXT.arrayOid(), bytes);
  }

  /** The values that are known, one by one. */
  List<@Nullable Object> values(byte[] @Nullable [] row, BitSet known) {
    List<@Nullable Object> values = new ArrayList<>();
    known.stream().forEach(place -> values.add(value(row[place], given[place])));
    return values;
  }

  /** Adds the values of a key, one by one. */
  void addKey(List<@Nullable Object> values, RowKey of) {
    byte[] @Nullable [] its = of.values();
    for (int i = 0; i < key.length; i++) {
      values.add(value(its[i], given[key[i]]));
    }
  }

  /** What is not text comes in an array of one: only arrays are parameters in binary form. */
  private static @Nullable Object value(byte @Nullable [] value, BinaryType type) {
    if (type != BinaryType.TEXT) {
      return array(List.<byte[] @Nullable []>of(new byte[][] {value}), 0, type);
    }
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }
}
