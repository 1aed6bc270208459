package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares a table of the source with its rows in the target, chunk by chunk, in bounded memory.
 * Keys that every server orders alike are compared range by range. Others, such as text, are looked
 * up: first those of the target at the source, then those of the source in the target, so that of
 * two keys which are equal to a server and not to us, the wrong one goes before the right one
 * comes.
 */
final class TableComparison {
  private static final long CHUNK_BYTES = 4L << 20;
  private static final int LEAST_ROWS = 100;
  private static final int MOST_ROWS = 5_000;

  /** Of these the order is the same everywhere, whatever collation and version. */
  private static final Set<String> ORDERED =
      Set.of(
          "smallint",
          "integer",
          "bigint",
          "oid",
          "uuid",
          "date",
          "timestamp without time zone",
          "timestamp with time zone",
          "numeric",
          "boolean",
          "bytea");

  /** What is walked through. */
  enum Pass {
    /** Ranges of keys, on both sides. */
    RANGES,
    /** Keys of the target, to be looked up at the source. */
    SURPLUS,
    /** Keys of the source, to be looked up in the target. */
    MISSING
  }

  /**
   * Where a comparison stands.
   *
   * @param after the last key that is done; empty: the pass begins
   */
  record Position(Pass pass, Optional<RowKey> after) {
    static Position begin(Pass pass) {
      return new Position(pass, Optional.empty());
    }
  }

  /** A row that is missing in the target, surplus there, or different. */
  static final class Difference {
    private final RowKey key;
    private final byte @Nullable [] @Nullable [] source;
    private final byte @Nullable [] @Nullable [] target;

    Difference(
        RowKey key, byte @Nullable [] @Nullable [] source, byte @Nullable [] @Nullable [] target) {
      this.key = key;
      this.source = source;
      this.target = target;
    }

    RowKey key() {
      return key;
    }

    /** Masked; null: the source has none. */
    byte @Nullable [] @Nullable [] source() {
      return source;
    }

    /** Null: the target has none. */
    byte @Nullable [] @Nullable [] target() {
      return target;
    }
  }

  /**
   * What was compared.
   *
   * @param next empty where it was the last
   * @param rows of the source that were compared
   * @param read rows of the side that was walked through
   */
  record Chunk(Optional<Position> next, long rows, long read, List<Difference> differences) {}

  private final MappedTable table;
  private final ComparedSide source;
  private final ComparedSide target;
  private final int limit;
  private final int[] key;
  private final Runnable afterSource;

  /**
   * @param afterSource runs when the source's rows are read, before the target's are
   */
  TableComparison(
      MappedTable table, ComparedSide source, ComparedSide target, Runnable afterSource) {
    this.table = table;
    this.source = source;
    this.target = target;
    this.limit = limit(table.source());
    this.key = TableSql.keyColumns(table);
    this.afterSource = afterSource;
  }

  /** Whether rows of both sides can be found by the same keys. */
  static boolean suits(MappedTable table) {
    return table.isKeyed() && keyColumns(table).stream().noneMatch(MappedColumn::isMasked);
  }

  private static List<MappedColumn> keyColumns(MappedTable table) {
    List<MappedColumn> sent = table.sent();
    return Arrays.stream(TableSql.keyColumns(table)).mapToObj(sent::get).toList();
  }

  private static int limit(SourceTable table) {
    long rowBytes = table.rows() <= 0 ? CHUNK_BYTES / 1000 : table.bytes() / table.rows();
    return Math.clamp(CHUNK_BYTES / Math.max(1, rowBytes), LEAST_ROWS, MOST_ROWS);
  }

  Position begin() {
    boolean ordered =
        keyColumns(table).stream()
            .allMatch(column -> ORDERED.contains(column.type().replaceAll("\\([0-9, -]*\\)", "")));
    return Position.begin(ordered ? Pass.RANGES : Pass.SURPLUS);
  }

  /** Compares one chunk. */
  Chunk next(Position from) {
    return switch (from.pass()) {
      case RANGES -> range(from.after());
      case SURPLUS -> surplus(from.after());
      case MISSING -> missing(from.after());
    };
  }

  private Chunk range(Optional<RowKey> begin) {
    List<byte[] @Nullable []> ours = source.after(begin, limit);
    Optional<RowKey> end = end(ours, limit);
    afterSource.run();
    List<byte[] @Nullable []> theirs = target.between(begin, end, 2 * limit);
    if (theirs.size() == 2 * limit) {
      // There is far more in the target: up to where it was read, the source is read again.
      end = end(theirs, 2 * limit);
      ours = source.between(begin, end);
    }
    return chunk(Pass.RANGES, end, ours.size(), ours.size(), differences(ours, theirs));
  }

  private Chunk surplus(Optional<RowKey> begin) {
    List<byte[] @Nullable []> theirs = target.after(begin, limit);
    Set<RowKey> ours =
        source.having(keys(theirs)).stream().map(this::keyOf).collect(Collectors.toSet());
    List<Difference> found = new ArrayList<>();
    for (byte[] @Nullable [] row : theirs) {
      if (!ours.contains(keyOf(row))) {
        found.add(new Difference(keyOf(row), null, row));
      }
    }
    Optional<RowKey> end = end(theirs, limit);
    return end.isPresent()
        ? chunk(Pass.SURPLUS, end, 0, theirs.size(), found)
        : new Chunk(Optional.of(Position.begin(Pass.MISSING)), 0, theirs.size(), found);
  }

  private Chunk missing(Optional<RowKey> begin) {
    List<byte[] @Nullable []> ours = source.after(begin, limit);
    afterSource.run();
    Set<RowKey> wanted = ours.stream().map(this::keyOf).collect(Collectors.toSet());
    List<byte[] @Nullable []> theirs = new ArrayList<>(target.having(keys(ours)));
    theirs.removeIf(row -> !wanted.contains(keyOf(row)));
    return chunk(
        Pass.MISSING, end(ours, limit), ours.size(), ours.size(), differences(ours, theirs));
  }

  private static Chunk chunk(
      Pass pass, Optional<RowKey> end, long rows, long read, List<Difference> found) {
    return new Chunk(end.map(last -> new Position(pass, Optional.of(last))), rows, read, found);
  }

  private Optional<RowKey> end(List<byte[] @Nullable []> rows, int full) {
    return rows.size() < full ? Optional.empty() : Optional.of(keyOf(rows.getLast()));
  }

  private List<Difference> differences(
      List<byte[] @Nullable []> ours, List<byte[] @Nullable []> theirs) {
    List<Difference> found = new ArrayList<>();
    Map<RowKey, byte[] @Nullable []> wanted = byKey(ours);
    for (byte[] @Nullable [] row : theirs) {
      RowKey id = keyOf(row);
      byte @Nullable [] @Nullable [] its = wanted.remove(id);
      if (!isEqual(its, row)) {
        found.add(new Difference(id, its, row));
      }
    }
    wanted.forEach((id, row) -> found.add(new Difference(id, row, null)));
    return found;
  }

  /** The rows of the source that have one of the keys. */
  Map<RowKey, byte[] @Nullable []> ofSource(List<RowKey> keys) {
    return byKey(source.having(keys));
  }

  /** The rows of the target that have one of the keys. */
  Map<RowKey, byte[] @Nullable []> ofTarget(List<RowKey> keys) {
    return byKey(target.having(keys));
  }

  private Map<RowKey, byte[] @Nullable []> byKey(List<byte[] @Nullable []> rows) {
    Map<RowKey, byte[] @Nullable []> map = new LinkedHashMap<>();
    rows.forEach(row -> map.put(keyOf(row), row));
    return map;
  }

  /** Whether both are there with the same values, or none is. */
  static boolean isEqual(byte @Nullable [] @Nullable [] one, byte @Nullable [] @Nullable [] other) {
    return Arrays.deepEquals(one, other);
  }

  /** What was read of both sides so far. */
  long bytes() {
    return source.bytes() + target.bytes();
  }

  private List<RowKey> keys(List<byte[] @Nullable []> rows) {
    return rows.stream().map(this::keyOf).toList();
  }

  private RowKey keyOf(byte[] @Nullable [] row) {
    return RowKey.of(row, key);
  }
}
