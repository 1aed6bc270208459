package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who keeps VACUUM from removing dead rows on the primary: slots (xmin, catalog_xmin) and standbys
 * with hot_standby_feedback (backend_xmin), by how many transactions and since when the oldest of
 * theirs is the same. One thread uses it at a time.
 */
final class HorizonWatch {
  private static final String QUERY =
      """
      SELECT 'slot' AS kind, slot_name::text AS name, x::text AS xmin, age(x)::bigint AS age
      FROM (SELECT slot_name, CASE WHEN age(xmin) >= coalesce(age(catalog_xmin), 0)
                                   THEN xmin ELSE coalesce(catalog_xmin, xmin) END AS x
            FROM pg_replication_slots) s
      WHERE x IS NOT NULL
      UNION ALL
      SELECT 'standby', application_name, backend_xmin::text, age(backend_xmin)::bigint
      FROM pg_stat_replication WHERE backend_xmin IS NOT NULL
      ORDER BY 1, 2, 4
      """;

  private final Map<String, Since> known = new HashMap<>();

  /** Since when an oldest transaction is the same. */
  private record Since(String xmin, Instant at) {}

  /** A row of the query. */
  private record Found(HorizonHolder.Kind kind, String name, String xmin, long age) {}

  List<HorizonHolder> look(PostgresSession session, Instant now) {
    List<Found> rows =
        session.query(
            QUERY,
            row ->
                new Found(
                    row.text("kind").equals("slot")
                        ? HorizonHolder.Kind.SLOT
                        : HorizonHolder.Kind.STANDBY,
                    row.text("name"),
                    row.text("xmin"),
                    row.number("age")));
    Map<String, Since> still = new HashMap<>();
    for (Found row : rows) {
      String key = row.kind + " " + row.name;
      Since before = known.get(key);
      still.put(
          key, before != null && before.xmin.equals(row.xmin) ? before : new Since(row.xmin, now));
    }
    known.clear();
    known.putAll(still);
    return rows.stream().map(row -> holder(row, now)).toList();
  }

  private HorizonHolder holder(Found row, Instant now) {
    Since since = known.getOrDefault(row.kind + " " + row.name, new Since(row.xmin, now));
    Duration held = Positive.between(since.at, now);
    return new HorizonHolder(row.kind, row.name, row.age, held);
  }
}
