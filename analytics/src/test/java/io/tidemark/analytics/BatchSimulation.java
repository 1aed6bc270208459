package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.TableSettings.Mode;
import io.tidemark.postgres.Lsn;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table of a source that random transactions change, what PostgreSQL would send of them, and what
 * a target must hold after each. Knows nothing of batches.
 */
final class BatchSimulation {
  /** A value that is stored out of line: it is not sent where it has not changed. */
  private static final String LARGE = "large ";

  private static final List<String> COLUMNS = List.of("id", "Part \"of\" it", "select", "body");
  private static final List<String> TYPES = List.of("integer", "text", "text", "text");
  private static final int BODY = 3;
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final int TRANSACTIONS = 12;

  /** A change as it is sent. */
  @FunctionalInterface
  interface Event {
    void to(Gatherer gatherer, boolean overlap, Moment at);
  }

  /** A transaction, and what the target holds after it, as {@link #line} has it, sorted. */
  record Transaction(Moment at, List<Event> events, List<String> expected, List<String[]> rows) {}

  /** A version of a row. */
  private static final class Version {
    final String[] row;
    final Instant from;
    @Nullable Instant to;

    Version(String[] row, Instant from) {
      this.row = row;
      this.from = from;
    }
  }

  /** A row of a target that marks those that are gone. */
  private static final class Marked {
    final String[] row;
    final @Nullable Instant deletedAt;

    Marked(String[] row, @Nullable Instant deletedAt) {
      this.row = row;
      this.deletedAt = deletedAt;
    }
  }

  private final Random random;
  private final MappedTable table;
  private final boolean clockGoesBack;
  private final Map<String, String[]> rows = new TreeMap<>();
  private final List<String[]> bag = new ArrayList<>();
  private final Map<String, Marked> marked = new TreeMap<>();
  private final Map<String, List<Version>> versions = new TreeMap<>();
  private final Map<String, String> touched = new LinkedHashMap<>();
  private List<Event> events = new ArrayList<>();
  private Instant time = BEGIN;

  /**
   * @param clockGoesBack now and then; no row is deleted then
   */
  BatchSimulation(long seed, MappedTable table, boolean clockGoesBack) {
    this.random = new Random(seed);
    this.table = table;
    this.clockGoesBack = clockGoesBack;
  }

  /** A table for it. */
  static MappedTable table(TableName target, MappedTable.Kind kind, Mode mode, boolean full) {
    List<MappedColumn> columns =
        IntStream.range(0, COLUMNS.size())
            .mapToObj(i -> column(i + 1, COLUMNS.get(i), TYPES.get(i)))
            .toList();
    List<String> key = kind == MappedTable.Kind.KEYED ? COLUMNS.subList(0, 2) : List.of();
    SourceTable source =
        new SourceTable(
            1,
            new TableName("public", target.table()),
            false,
            false,
            full ? 'f' : 'd',
            columns.stream().map(MappedColumn::source).toList(),
            key,
            Set.of(),
            List.of(),
            0,
            0);
    return new MappedTable(
        source,
        target,
        Map.of("_site", "one"),
        columns,
        key,
        kind,
        mode,
        Optional.empty(),
        ChangeSettings.defaults(),
        ValueForm.TEXT);
  }

  private static MappedColumn column(int number, String name, String type) {
    return new MappedColumn(
        new SourceColumn(
            number,
            name,
            new ColumnType(number, -1, type, type, true, true, type.equals("text") ? 25 : 23),
            false,
            Optional.empty()),
        name,
        name,
        type,
        Optional.empty(),
        MappedColumn.AS_IT_IS);
  }

  /** Some transactions, one after the other. */
  List<Transaction> run() {
    List<Transaction> transactions = new ArrayList<>();
    for (int number = 1; number <= TRANSACTIONS; number++) {
      time = BEGIN.plusSeconds(number * 10L);
      if (clockGoesBack && random.nextInt(3) == 0) {
        time = time.minusSeconds(random.nextInt(40));
      }
      events = new ArrayList<>();
      touched.clear();
      Map<String, String[]> before = new TreeMap<>(rows);
      int count = 1 + random.nextInt(8);
      for (int i = 0; i < count; i++) {
        change();
      }
      succeed(before);
      transactions.add(
          new Transaction(
              new Moment(new Lsn(number * 1000L), time),
              events,
              expected(),
              Stream.concat(rows.values().stream(), bag.stream()).toList()));
    }
    return transactions;
  }

  private void change() {
    int kind = random.nextInt(100);
    List<String[]> there = table.isKeyed() ? List.copyOf(rows.values()) : bag;
    if (there.isEmpty() || kind < 30) {
      insert();
    } else if (kind < 70 || clockGoesBack) {
      update(there.get(random.nextInt(there.size())), !clockGoesBack && kind >= 55);
    } else if (kind < 97) {
      delete(there.get(random.nextInt(there.size())));
    } else {
      truncate();
    }
  }

  private String[] row() {
    return new String[] {
      String.valueOf(random.nextInt(5)),
      random.nextInt(4) == 0 ? LARGE + "part" : "x",
      random.nextInt(4) == 0 ? null : "a" + random.nextInt(3),
      switch (random.nextInt(4)) {
        case 0 -> null;
        case 1 -> "";
        case 2 -> "b\u00e4\t\\N";
        default -> LARGE + random.nextInt(3);
      }
    };
  }

  private void insert() {
    String[] row = row();
    if (table.isKeyed() && rows.containsKey(key(row))) {
      return;
    }
    events.add((to, overlap, at) -> to.insert(table, overlap, values(row), at));
    add(row);
  }

  private void update(String[] old, boolean keyToo) {
    String[] row = row();
    boolean bodyStays = random.nextBoolean();
    if (bodyStays) {
      row[BODY] = old[BODY];
    }
    if (!keyToo) {
      row[0] = old[0];
      row[1] = old[1];
    }
    if (table.isKeyed() && !key(row).equals(key(old)) && rows.containsKey(key(row))) {
      return;
    }
    byte[] @Nullable [] sent = values(row);
    for (int i = 1; i < sent.length; i++) {
      String value = row[i];
      if (value != null && value.startsWith(LARGE) && value.equals(old[i])) {
        sent[i] = Rows.UNCHANGED;
      }
    }
    boolean oldIsSent =
        table.source().isFull() || !key(row).equals(key(old)) || old[1].startsWith(LARGE);
    byte @Nullable [] @Nullable [] before = oldIsSent ? identity(old) : null;
    events.add((to, overlap, at) -> to.update(table, overlap, before, sent, at));
    remove(old);
    add(row);
  }

  private void delete(String[] old) {
    byte[] @Nullable [] sent = identity(old);
    events.add((to, overlap, at) -> to.delete(table, overlap, sent, at));
    remove(old);
  }

  private void truncate() {
    events.add((to, overlap, at) -> to.truncate(table, overlap, at));
    List.copyOf(rows.values()).forEach(this::remove);
    bag.clear();
  }

  /** What is sent of an old row: all of it, or its key. */
  private byte[] @Nullable [] identity(String[] row) {
    byte[] @Nullable [] sent = values(row);
    if (!table.source().isFull()) {
      sent[2] = null;
      sent[3] = null;
    }
    return sent;
  }

  private void add(String[] row) {
    if (!table.isKeyed()) {
      bag.add(row);
      return;
    }
    rows.put(key(row), row);
    touched.put(key(row), "");
    marked.put(key(row), new Marked(row, null));
  }

  private void remove(String[] row) {
    if (!table.isKeyed()) {
      bag.remove(row);
      return;
    }
    rows.remove(key(row));
    touched.put(key(row), "");
    marked.put(key(row), new Marked(row, time));
  }

  /** What a transaction makes of a row is one version. */
  private void succeed(Map<String, String[]> before) {
    for (String key : touched.keySet()) {
      List<Version> its = versions.computeIfAbsent(key, _ -> new ArrayList<>());
      Instant from = time;
      if (before.containsKey(key)) {
        Version last = its.getLast();
        from = last.from.isAfter(time) ? last.from : time;
        last.to = from;
      }
      String[] row = rows.get(key);
      if (row != null) {
        its.add(new Version(row, from));
      }
    }
  }

  private List<String> expected() {
    Stream<String> lines;
    if (table.isHistory()) {
      lines =
          versions.values().stream()
              .flatMap(List::stream)
              .map(version -> line(version.row, version.from, version.to));
    } else if (table.isSoftDelete()) {
      lines = marked.values().stream().map(row -> line(row.row, row.deletedAt));
    } else {
      lines = Stream.concat(rows.values().stream(), bag.stream()).map(BatchSimulation::line);
    }
    return lines.sorted().toList();
  }

  /** A row of the target with what stands beside it, to be compared. */
  static String line(@Nullable String[] row, @Nullable Object... more) {
    StringBuilder line = new StringBuilder();
    for (String value : row) {
      line.append(value == null ? "null" : "'" + value + "'").append(' ');
    }
    for (Object each : more) {
      line.append(Objects.toString(each)).append(' ');
    }
    return line.toString();
  }

  private static String key(String[] row) {
    return row[0] + "/" + row[1];
  }

  /** In the table's form. */
  private byte[] @Nullable [] values(String[] row) {
    return inForm(table, bytes(row));
  }

  /** The first column is an integer, the others are text. */
  static byte[] @Nullable [] inForm(MappedTable table, byte[] @Nullable [] row) {
    byte[] id = row[0];
    if (table.form() == ValueForm.BINARY && id != null) {
      int number = Integer.parseInt(new String(id, StandardCharsets.UTF_8));
      row[0] = ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }
    return row;
  }

  /** As text. */
  static byte[] @Nullable [] bytes(@Nullable String[] row) {
    byte[] @Nullable [] bytes = new byte[row.length][];
    for (int i = 0; i < row.length; i++) {
      String value = row[i];
      bytes[i] = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    }
    return bytes;
  }
}
