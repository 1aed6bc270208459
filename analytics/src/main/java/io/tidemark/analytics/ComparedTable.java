package io.tidemark.analytics;

import java.util.List;
import java.util.Optional;

/**
 * A table of PostgreSQL's own subscription, which has the same name on both sides.
 *
 * @param columns that are sent
 * @param where the row filter, as the source's server writes it
 * @param ready whether it is copied and follows
 * @param appends whether only its inserts are taken
 */
public record ComparedTable(
    TableName name, List<String> columns, Optional<String> where, boolean ready, boolean appends) {
  public ComparedTable {
    columns = List.copyOf(columns);
  }
}
