package io.tidemark.analytics;

import io.tidemark.postgres.BinaryArray;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes rows of one source into one table of the target, in the caller's transaction. */
final class TableWriter implements RowWriter {
  /** pg_type.dat. */
  private static final int TEXT = 25;

  private static final int TEXT_ARRAY = 1009;

  /** From so many rows on COPY is quicker than one more statement. */
  private static final int COPY_ROWS = 200;

  private static final int COPY_BUFFER_BYTES = 64 << 10;

  private final PostgresSession target;
  private final MappedTable table;
  private final int[] key;
  private final String delete;
  private final String insert;
  private final String put;
  private final Map<BitSet, String> updates = new HashMap<>();
  private final TableSql sql;
  private final CopyLabels labels;
  private long missing;
  private boolean lost;

  /** The last transaction of which there are versions. */
  private Lsn written = Lsn.ZERO;

  TableWriter(PostgresSession target, MappedTable table) {
    this.target = target;
    this.table = table;
    this.sql = new TableSql(table);
    this.key = keyColumns(table);
    this.insert = sql.insert();
    this.delete = table.isKeyed() ? (table.isSoftDelete() ? sql.markDeleted() : sql.delete()) : "";
    this.put = table.isKeyed() ? sql.put() : "";
    this.labels = new CopyLabels(table);
  }

  static int[] keyColumns(MappedTable table) {
    return TableSql.keyColumns(table);
  }

  /** Rows that a change was for and that were not there, since the last call. */
  long takeMissing() {
    long found = missing;
    missing = 0;
    return found;
  }

  /**
   * Whether a row was not there of which, since a copy was broken off, not all can be known, since
   * the last call: the table must come in again.
   */
  boolean takeLost() {
    boolean found = lost;
    lost = false;
    return found;
  }

  @Override
  public void deleteAll(Moment at) {
    if (table.isSoftDelete()) {
      target.update(sql.markAllDeleted(), at.text());
    } else {
      target.update(sql.deleteAll());
    }
  }

  @Override
  public void delete(List<byte[] @Nullable []> keys, List<Moment> at) {
    if (!keys.isEmpty()) {
      List<Object> arrays = columns(keys, key.length, place -> place);
      if (table.isSoftDelete()) {
        arrays.add(moments(at));
      }
      target.update(delete, arrays.toArray());
    }
  }

  @Override
  public void update(BitSet known, List<byte[] @Nullable []> rows, boolean overlap) {
    int[] places = known.stream().toArray();
    String statement = updates.computeIfAbsent(known, sql::update);
    long changed = target.update(statement, columns(rows, places.length, i -> places[i]).toArray());
    if (changed < rows.size() && overlap) {
      lost = true;
    } else if (changed < rows.size()) {
      missing += rows.size() - changed;
      if (known.cardinality() == table.sent().size()) {
        put(rows);
      }
    }
  }

  @Override
  public void put(List<byte[] @Nullable []> rows) {
    if (!rows.isEmpty()) {
      target.update(put, all(rows).toArray());
    }
  }

  @Override
  public void insert(List<byte[] @Nullable []> rows) {
    if (rows.isEmpty()) {
      return;
    }
    if (rows.size() < COPY_ROWS) {
      target.update(insert, all(rows).toArray());
      return;
    }
    copy(
        sql.copy(),
        line -> {
          for (byte[] @Nullable [] row : rows) {
            line.add(row);
          }
        });
  }

  @Override
  public void deleteEqual(List<byte[] @Nullable []> rows, List<Integer> times) {
    if (!rows.isEmpty()) {
      List<Object> arrays = all(rows);
      arrays.add(texts(times, String::valueOf));
      long wanted = times.stream().mapToLong(Integer::longValue).sum();
      missing += wanted - target.update(sql.deleteEqual(), arrays.toArray());
    }
  }

  @Override
  public void move(RowKey from, byte[] @Nullable [] row, Moment at) {
    BitSet known = known(row);
    List<@Nullable Object> values = values(row, known);
    addAll(values, from);
    if (target.update(sql.move(known), values.toArray()) == 0) {
      missing++;
    }
  }

  @Override
  public void moveBeside(RowKey from, byte[] @Nullable [] row, Moment at) {
    BitSet known = known(row);
    List<@Nullable Object> values = values(row, known);
    addAll(values, from);
    // First: a key that only looks different is the same row.
    delete(List.<byte[] @Nullable []>of(from.values()), List.of(at));
    if (target.update(sql.insertBeside(known), values.toArray()) == 0) {
      missing++;
    }
  }

  @Override
  public void moveOver(RowKey from, byte[] @Nullable [] row, Moment at) {
    if (isThere(row)) {
      delete(List.<byte[] @Nullable []>of(from.values()), List.of(at));
      update(known(row), List.<byte[] @Nullable []>of(row), true);
    } else {
      lost = true;
    }
  }

  private boolean isThere(byte[] @Nullable [] row) {
    List<@Nullable Object> values = new ArrayList<>();
    addAll(values, RowKey.of(row, key));
    return target.value(sql.find(), values.toArray()).isPresent();
  }

  // History

  @Override
  public void closeAll(Moment at) {
    if (at.commit().equals(written)) {
      target.update(sql.retractAll(), at.text());
    }
    target.update(sql.closeAll(), at.text());
    written = at.commit();
  }

  @Override
  public void succeed(RowKey before, byte[] @Nullable [] row, Moment at) {
    BitSet known = known(row);
    List<@Nullable Object> values = new ArrayList<>();
    values.add(at.text());
    addAll(values, before);
    values.addAll(values(row, known));
    boolean amended =
        at.commit().equals(written) && target.update(sql.amend(known), values.toArray()) > 0;
    if (!amended && target.update(sql.succeed(known), values.toArray()) == 0) {
      missing++;
    }
    written = at.commit();
  }

  @Override
  public void succeed(Map<RowKey, List<HistoryBatch.Version>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    retract(rows);
    Map<RowKey, Instant> later = close(rows);
    copy(
        sql.copy(MappedTable.VALID_FROM, MappedTable.VALID_TO),
        line -> rows.forEach((id, its) -> versions(its, later.get(id), line)));
    rows.values().forEach(its -> written = Lsn.max(written, its.getLast().from().commit()));
  }

  /** What a part of a transaction made of a row is no version where a later part changes it. */
  private void retract(Map<RowKey, List<HistoryBatch.Version>> rows) {
    List<byte[] @Nullable []> keys = new ArrayList<>();
    List<Moment> at = new ArrayList<>();
    rows.forEach(
        (id, its) -> {
          if (its.getFirst().from().commit().equals(written)) {
            keys.add(id.values());
            at.add(its.getFirst().from());
          }
        });
    if (!keys.isEmpty()) {
      target.update(sql.retract(), ended(keys, at));
    }
  }

  /** Gives the rows whose current version begins later than the next one would. */
  private Map<RowKey, Instant> close(Map<RowKey, List<HistoryBatch.Version>> rows) {
    List<RowKey> ids = List.copyOf(rows.keySet());
    Map<RowKey, Instant> later = new HashMap<>();
    target.query(
        sql.close(),
        row ->
            later.put(
                ids.get((int) row.number("place") - 1), row.optionalInstant("ended").orElseThrow()),
        ended(
            ids.stream().map(RowKey::values).toList(),
            rows.values().stream().map(its -> its.getFirst().from()).toList()));
    return later;
  }

  private Object[] ended(List<byte[] @Nullable []> keys, List<Moment> at) {
    List<Object> arrays = columns(keys, key.length, place -> place);
    arrays.add(moments(at));
    return arrays.toArray();
  }

  private static void versions(
      List<HistoryBatch.Version> versions, @Nullable Instant floor, Lines line) {
    Instant from = later(versions.getFirst(), floor);
    for (int i = 0; i < versions.size(); i++) {
      Instant next = i + 1 < versions.size() ? later(versions.get(i + 1), from) : null;
      byte[] @Nullable [] row = versions.get(i).row();
      if (row != null) {
        line.add(row, from.toString(), next == null ? null : next.toString());
      }
      from = next == null ? from : next;
    }
  }

  private static Instant later(HistoryBatch.Version version, @Nullable Instant floor) {
    Instant from = version.from().time();
    return floor == null || from.isAfter(floor) ? from : floor;
  }

  // COPY

  /** Takes rows. */
  private interface Lines {
    void add(byte[] @Nullable [] row, @Nullable String... more);
  }

  /** Gives rows. */
  @FunctionalInterface
  private interface Filler {
    void fill(Lines lines);
  }

  private void copy(String statement, Filler rows) {
    CopyBuffer buffer = new CopyBuffer(2 * COPY_BUFFER_BYTES);
    target.copyIn(
        statement,
        out -> {
          rows.fill(
              (row, more) -> {
                line(row, more, buffer);
                if (buffer.size() >= COPY_BUFFER_BYTES) {
                  buffer.sendTo(out);
                }
              });
          buffer.sendTo(out);
        });
  }

  private void line(byte[] @Nullable [] row, @Nullable String[] more, CopyBuffer buffer) {
    labels.beginLine(buffer);
    for (int i = 0; i < row.length; i++) {
      if (i > 0) {
        buffer.raw('\t');
      }
      buffer.value(row[i]);
    }
    for (String each : more) {
      buffer.raw('\t');
      buffer.value(each == null ? null : each.getBytes(StandardCharsets.UTF_8));
    }
    buffer.raw('\n');
  }

  // Parameters

  private List<Object> all(List<byte[] @Nullable []> rows) {
    return columns(rows, table.sent().size(), place -> place);
  }

  private static List<Object> columns(
      List<byte[] @Nullable []> rows, int count, IntUnaryOperator place) {
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

  private static Object moments(List<Moment> at) {
    return texts(at, Moment::text);
  }

  private static <T> Object texts(List<T> values, Function<T, String> text) {
    List<byte @Nullable []> bytes = new ArrayList<>(values.size());
    for (T value : values) {
      bytes.add(text.apply(value).getBytes(StandardCharsets.UTF_8));
    }
    return BinaryArray.of(TEXT, TEXT_ARRAY, bytes);
  }

  private static BitSet known(byte[] @Nullable [] row) {
    BitSet known = new BitSet(row.length);
    for (int i = 0; i < row.length; i++) {
      known.set(i, !Rows.isUnchanged(row[i]));
    }
    return known;
  }

  private static List<@Nullable Object> values(byte[] @Nullable [] row, BitSet known) {
    List<@Nullable Object> values = new ArrayList<>();
    known.stream().forEach(place -> values.add(text(row[place])));
    return values;
  }

  private static void addAll(List<@Nullable Object> values, RowKey key) {
    for (byte[] value : key.values()) {
      values.add(text(value));
    }
  }

  private static @Nullable String text(byte @Nullable [] value) {
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }
}
