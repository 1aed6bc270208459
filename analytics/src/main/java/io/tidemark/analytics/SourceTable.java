package io.tidemark.analytics;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A table of a source, as its catalog has it.
 *
 * @param replicaIdentity pg_class.relreplident: d default, n nothing, f full, i index
 * @param key the columns of the replica identity; with full identity those of the primary key;
 *     empty where nothing tells rows apart
 * @param unique the columns of every other unique index
 * @param leaves the tables that hold its rows: itself, or its partitions
 * @param bytes of its data, without indexes
 * @param rows estimated; -1 where nobody has counted yet
 */
record SourceTable(
    int oid,
    TableName name,
    boolean isPartition,
    boolean isPartitioned,
    char replicaIdentity,
    List<SourceColumn> columns,
    List<String> key,
    Set<String> unique,
    List<Leaf> leaves,
    long bytes,
    long rows) {

  /**
   * A table that holds rows.
   *
   * @param fileNode pg_class.relfilenode, another one after TRUNCATE and whatever else writes the
   *     table anew
   * @param blocks of 8 KiB (or the server's block size) in its main fork
   */
  record Leaf(int oid, long fileNode, TableName name, long blocks) {}

  SourceTable {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
    unique = Set.copyOf(unique);
    leaves = List.copyOf(leaves);
  }

  Optional<SourceColumn> column(String wanted) {
    return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
  }

  /**
   * What holds its rows: the table, and the files of its partitions. Another table has another oid;
   * what happens to a partition by itself is not always said in a stream by way of its root.
   */
  String storage() {
    String parts =
        isPartitioned
            ? leaves.stream()
                .sorted(Comparator.comparingLong(leaf -> Integer.toUnsignedLong(leaf.oid())))
                .map(leaf -> Integer.toUnsignedString(leaf.oid()) + "/" + leaf.fileNode())
                .collect(Collectors.joining(" ", " ", ""))
            : "";
    return Integer.toUnsignedString(oid) + parts;
  }

  boolean isFull() {
    return replicaIdentity == 'f';
  }
}
