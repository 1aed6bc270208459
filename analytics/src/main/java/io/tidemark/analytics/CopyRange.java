package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A part of a table that is copied in one transaction of the target.
 *
 * @param leaf the table that holds the rows
 * @param firstBlock its first
 * @param endBlock the one after its last; -1: to the end of the table, however long it is by then
 * @param bytes about
 */
record CopyRange(
    MappedTable table, SourceTable.Leaf leaf, long firstBlock, long endBlock, long bytes) {
  private static final long BLOCK_BYTES = 8192;

  /** As {@link SourceState#rangesDone} names it. */
  String name() {
    return leaf.name() + "/" + firstBlock;
  }

  /** The ranges of a table that are not done. */
  static List<CopyRange> of(MappedTable table, long rangeBytes, Set<String> done) {
    List<CopyRange> ranges = new ArrayList<>();
    long step = Math.max(1, rangeBytes / BLOCK_BYTES);
    for (SourceTable.Leaf leaf : table.source().leaves()) {
      for (long first = 0; first == 0 || first < leaf.blocks(); first += step) {
        long end = first + step >= leaf.blocks() ? -1 : first + step;
        long blocks = (end < 0 ? leaf.blocks() : end) - first;
        CopyRange range = new CopyRange(table, leaf, first, end, blocks * BLOCK_BYTES);
        if (!done.contains(range.name())) {
          ranges.add(range);
        }
      }
    }
    return ranges;
  }

  /** What is read at the source: the columns, masked ones as text, without labels. */
  String select(String more) {
    StringBuilder list = new StringBuilder();
    for (MappedColumn column : table.sent()) {
      String name = Sql.name(column.source().name());
      boolean asText = column.isMasked() || !column.source().type().isBinary();
      add(list, asText && isBinary() ? name + "::text" : name);
    }
    if (!more.isEmpty()) {
      add(list, more);
    }
    return "SELECT " + list + " FROM ONLY " + leaf.name().quoted() + where();
  }

  private static void add(StringBuilder list, String item) {
    list.append(list.isEmpty() ? "" : ", ").append(item);
  }

  private String where() {
    // A range of ctid is read as such, without the rest of the table, from PostgreSQL 14 on.
    StringBuilder where = new StringBuilder(" WHERE ctid >= '(").append(firstBlock).append(",0)'");
    if (endBlock >= 0) {
      where.append(" AND ctid < '(").append(endBlock).append(",0)'");
    }
    table.where().ifPresent(filter -> where.append(" AND (").append(filter).append(')'));
    return where.toString();
  }

  /** Whether rows go from server to server as they are. */
  boolean isBinary() {
    return table.columns().stream()
        .allMatch(column -> !column.isMasked() && column.source().type().isBinary());
  }
}
