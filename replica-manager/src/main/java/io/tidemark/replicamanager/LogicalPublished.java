package io.tidemark.replicamanager;

import java.util.List;
import java.util.Optional;

/**
 * A table of the source, and what of it leaves.
 *
 * @param taken whether the configuration has it leave
 * @param ready whether it is copied and follows
 * @param appends whether only its inserts are taken
 * @param where the row filter that is configured, as the server writes it
 */
public record LogicalPublished(
    TableName name,
    boolean taken,
    boolean ready,
    boolean appends,
    Optional<String> where,
    List<Column> columns) {

  /**
   * A column.
   *
   * @param type as format_type prints it
   * @param key whether it is of the replica identity
   * @param taken whether the configuration has it leave
   * @param generated whether the target computes it; no value of it is sent
   * @param published whether the publication has it; empty where there is no publication yet
   * @param remains where it is not taken and the target has it all the same: the SQL that removes
   *     it
   */
  public record Column(
      String name,
      String type,
      boolean key,
      boolean taken,
      boolean generated,
      Optional<Boolean> published,
      Optional<String> remains) {}

  public LogicalPublished {
    columns = List.copyOf(columns);
  }
}
