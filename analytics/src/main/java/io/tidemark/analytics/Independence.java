package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which changes may be written before the batches in front of them are committed: those that need
 * not see what these do, and that take no lock which these could want. So of two batches side by
 * side only the later ever waits for the other.
 */
final class Independence {
  /** A table of the target can be changed by others; what was seen counts for so long. */
  private static final Duration SEEN = Duration.ofSeconds(30);

  /**
   * Whether what is done to a row depends on no other row. Foreign keys and triggers look at other
   * tables; a unique index, but one that has the whole key in it, and an exclusion constraint at
   * other rows; a collation that is not deterministic has equal keys that look different
   * (pg_collation.collisdeterministic).
   */
  private static final String IS_SIMPLE =
      """
      SELECT (c.relkind = 'r' AND NOT c.relhassubclass AND NOT c.relhasrules
         AND NOT EXISTS (SELECT 1 FROM pg_constraint f
                         WHERE f.contype = 'f' AND c.oid IN (f.conrelid, f.confrelid))
         AND NOT EXISTS (SELECT 1 FROM pg_trigger t
                         WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D')
         AND NOT EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_collation l ON l.oid = a.attcollation
                         WHERE a.attrelid = c.oid AND a.attname = ANY (key.columns)
                           AND NOT l.collisdeterministic)
         AND NOT EXISTS (SELECT 1 FROM pg_index i
                         WHERE i.indrelid = c.oid AND (i.indisexclusion OR i.indisunique
                           AND (cardinality(key.columns) = 0
                             OR NOT ARRAY(SELECT a.attnum FROM pg_attribute a
                                          WHERE a.attrelid = c.oid
                                            AND a.attname = ANY (key.columns))
                                    <@ (i.indkey::int2[])[0:i.indnkeyatts - 1])))) AS simple
      FROM pg_class c, (SELECT ?::text[] AS columns) key WHERE c.oid = to_regclass(?)
      """;

  private record Seen(boolean isSimple, long nanos) {}

  private final PostgresSession target;
  private final Map<TableName, Seen> seen = new HashMap<>();

  Independence(PostgresSession target) {
    this.target = target;
  }

  /** Parts of a batch: those that may be written early, and the others. */
  record Parts(List<TableBatch> early, List<TableBatch> late) {}

  /**
   * Takes a batch apart.
   *
   * @param before the batches in front that are not committed, at least one
   */
  Parts of(Batch batch, List<Batch> before) {
    if (!batch.isPlain() || !before.stream().allMatch(Batch::isPlain)) {
      return new Parts(List.of(), List.copyOf(batch.tables()));
    }
    Parts parts = new Parts(new ArrayList<>(), new ArrayList<>());
    for (TableBatch each : batch.tables()) {
      TableBatch.Split split =
          isSimple(each.table()) ? split(each, before) : new TableBatch.Split(null, each);
      if (split.apart() != null) {
        parts.early().add(split.apart());
      }
      if (split.rest() != null) {
        parts.late().add(split.rest());
      }
    }
    return parts;
  }

  private static TableBatch.Split split(TableBatch table, List<Batch> before) {
    List<TableBatch> earlier = new ArrayList<>();
    for (Batch each : before) {
      TableBatch its = each.find(table.table().name());
      if (its != null) {
        earlier.add(its);
      }
    }
    return earlier.isEmpty() ? new TableBatch.Split(table, null) : table.split(earlier);
  }

  private boolean isSimple(MappedTable table) {
    Seen known = seen.get(table.target());
    if (known == null || System.nanoTime() - known.nanos() > SEEN.toNanos()) {
      known = new Seen(look(table), System.nanoTime());
      seen.put(table.target(), known);
    }
    return known.isSimple();
  }

  private boolean look(MappedTable table) {
    List<String> key = table.isKeyed() ? table.primaryKey() : List.of();
    return target
        .first(
            IS_SIMPLE,
            row -> row.flag("simple"),
            RowParameters.texts(key, name -> name),
            table.target().quoted())
        .orElse(false);
  }
}
