package io.tidemark.analytics;

import io.tidemark.postgres.BinaryArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Values of rows as parameters of the statements of {@link TableSql}: text, which they cast. */
final class RowParameters {
  /** pg_type.dat. */
  private static final int TEXT = 25;

  private static final int TEXT_ARRAY = 1009;

  private RowParameters() {}

  /** An array for each of so many columns, of which the first is that at the first place. */
  static List<Object> columns(List<byte[] @Nullable []> rows, int count, IntUnaryOperator place) {
    List<Object> arrays = new ArrayList<>(count + 1);
    for (int i = 0; i < count; i++) {
      int from = place.applyAsInt(i);
      List<byte @Nullable []> column = new ArrayList<>(rows.size());
      for (byte[] @Nullable [] row : rows) {
        column.add(row[from]);
      }
      arrays.add(BinaryArray.of(TEXT, TEXT_ARRAY, column));
    }
    return arrays;
  }

  static Object moments(List<Moment> at) {
    return texts(at, Moment::text);
  }

  static <T> Object texts(List<T> values, Function<T, String> text) {
    List<byte @Nullable []> bytes = new ArrayList<>(values.size());
    for (T value : values) {
      bytes.add(text.apply(value).getBytes(StandardCharsets.UTF_8));
    }
    return BinaryArray.of(TEXT, TEXT_ARRAY, bytes);
  }

  /** The values that are known, one by one. */
  static List<@Nullable Object> values(byte[] @Nullable [] row, BitSet known) {
    List<@Nullable Object> values = new ArrayList<>();
    known.stream().forEach(place -> values.add(text(row[place])));
    return values;
  }

  /** Adds the values of a key, one by one. */
  static void addAll(List<@Nullable Object> values, RowKey key) {
    for (byte[] value : key.values()) {
      values.add(text(value));
    }
  }

  private static @Nullable String text(byte @Nullable [] value) {
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }
}
