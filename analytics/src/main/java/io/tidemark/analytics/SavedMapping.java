package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The mapping with which a stream goes on, and a comparison: what the target has of a table, which
 * may be older than the catalog and the configuration. The stream itself brings what has changed,
 * in its order. A column that is not taken any more is left out at once: nobody could say how to
 * mask it.
 */
final class SavedMapping {
  private SavedMapping() {}

  /** For a stream. */
  static MappedTable of(MappedTable now, List<SavedColumn> saved) {
    return now.with(now.target(), columns(now, saved), now.key());
  }

  /**
   * To compare: what the target has, read from the columns as the source names them now. Of a table
   * that nobody has written since, the stream has not said yet that one was renamed.
   */
  static MappedTable compared(MappedTable now, List<SavedColumn> saved) {
    List<MappedColumn> columns =
        columns(now, saved).stream()
            .map(
                column ->
                    new MappedColumn(
                        current(now, column),
                        column.configured(),
                        column.name(),
                        column.type(),
                        column.mask(),
                        column.function()))
            .toList();
    return now.with(now.target(), columns, now.key());
  }

  private static SourceColumn current(MappedTable now, MappedColumn column) {
    return now.columns().stream()
        .map(MappedColumn::source)
        .filter(source -> source.number() == column.source().number())
        .findFirst()
        .orElse(column.source());
  }

  /**
   * What the target is to have: the columns that it has, as it has them, and those that are new.
   */
  static MappedTable inTarget(MappedTable now, List<SavedColumn> saved) {
    List<MappedColumn> columns = new ArrayList<>(columns(now, saved));
    Set<Integer> known =
        columns.stream().map(column -> column.source().number()).collect(Collectors.toSet());
    now.columns().stream()
        .filter(column -> !known.contains(column.source().number()))
        .forEach(columns::add);
    return now.with(now.target(), columns, now.key());
  }

  private static List<MappedColumn> columns(MappedTable now, List<SavedColumn> saved) {
    Map<Integer, MappedColumn> fresh =
        now.columns().stream()
            .collect(Collectors.toMap(column -> column.source().number(), Function.identity()));
    List<MappedColumn> columns = new ArrayList<>();
    for (SavedColumn column : saved) {
      MappedColumn its = fresh.get(column.number());
      boolean same = column.table().equals(now.name()) && column.relation() == now.source().oid();
      if (its != null && same) {
        columns.add(as(its, column));
      }
    }
    columns.sort((one, other) -> Integer.compare(one.source().number(), other.source().number()));
    return columns;
  }

  /** A built-in type; of users' types, and of two forms of interval, only the catalog knows. */
  private static int former(int oid) {
    return oid == BinaryType.INTERVAL.oid() ? 0 : oid;
  }

  private static MappedColumn as(MappedColumn now, SavedColumn saved) {
    ColumnType type = now.source().type();
    ColumnType was =
        new ColumnType(
            saved.sourceType(),
            saved.sourceModifier(),
            type.source(),
            type.target(),
            type.isComparable(),
            type.isBinary(),
            saved.sourceType() == type.oid() ? type.binaryOid() : former(saved.sourceType()));
    SourceColumn source =
        new SourceColumn(
            saved.number(),
            saved.source(),
            was,
            now.source().isNotNull(),
            now.source().expression());
    return new MappedColumn(
        source, now.configured(), saved.target(), saved.type(), now.mask(), now.function());
  }
}
