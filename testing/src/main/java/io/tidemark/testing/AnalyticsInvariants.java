package io.tidemark.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks a target, at any time and in one snapshot, whether it shows whole transactions of an {@link
 * AnalyticsWorkload}: the accounts' sum is what it is at the source, each thread's ledger has no
 * gap and no number twice, tally and ledger name the same last number, and none of them goes back
 * from one look to the next. For the mirrored tables ledger, tally and accounts of one pipeline.
 *
 * <p>Remembers what it saw, so it belongs to one thread.
 */
public final class AnalyticsInvariants {
  private final SqlClient target;
  private final String schema;
  private final Map<String, Long> balances = new TreeMap<>();
  private final Map<String, Map<Integer, Long>> seen = new HashMap<>();

  private AnalyticsInvariants(SqlClient target, String schema) {
    this.target = target;
    this.schema = schema;
  }

  /** Of the tables in a schema of a database. Sources are to be added. */
  public static AnalyticsInvariants in(TestCluster cluster, String database, String schema) {
    return new AnalyticsInvariants(
        new SqlClient(cluster.jdbc(database), cluster.user(), cluster.password()), schema);
  }

  /**
   * Also a source.
   *
   * @param where its rows, such as {@code _site = 'x' AND _database = 'y'}
   * @param balance the sum of its accounts, {@link AnalyticsWorkload#balance}
   */
  public AnalyticsInvariants source(String where, long balance) {
    balances.put(where, balance);
    return this;
  }

  /** One line for each thing that no committed state of a source has; empty when all is well. */
  public List<String> violations() {
    List<String> violations = new ArrayList<>();
    Map<String, Map<Integer, Long>> now = new TreeMap<>();
    balances.keySet().forEach(where -> now.put(where, new TreeMap<>()));
    for (List<@Nullable String> row : target.rows(query())) {
      String where = String.valueOf(row.get(0));
      if (row.get(1) == null) {
        balance(where, number(row, 2), violations);
      } else {
        worker(where, row, now.getOrDefault(where, new TreeMap<>()), violations);
      }
    }
    now.forEach(
        (where, threads) ->
            wentBack(where, seen.getOrDefault(where, Map.of()), threads, violations));
    seen.putAll(now);
    return violations;
  }

  /** The last number of each thread of a source at the last look, 0 for one that wrote nothing. */
  public Map<Integer, Long> arrived(String where) {
    return Map.copyOf(seen.getOrDefault(where, Map.of()));
  }

  /** Forgets what was seen, where a source's rows are rightly written anew. */
  public void forget(String where) {
    seen.remove(where);
  }

  /** All in one statement, so in one snapshot: a source, its sum; a source, each of its threads. */
  private String query() {
    List<String> parts = new ArrayList<>();
    for (String where : balances.keySet()) {
      String literal = "'" + where.replace("'", "''") + "'";
      parts.add(
          "SELECT %s, NULL::int, coalesce(sum(balance), 0), NULL::bigint, NULL::bigint, NULL::bigint"
                  .formatted(literal)
              + " FROM %s.accounts WHERE %s".formatted(schema, where));
      parts.add(
          """
          SELECT %1$s, worker, coalesce(n, 0), coalesce(various, 0), coalesce(greatest, 0),
                 coalesce(last_seq, 0)
            FROM (SELECT worker, count(*) AS n, count(DISTINCT seq) AS various,
                         max(seq) AS greatest FROM %2$s.ledger WHERE %3$s GROUP BY worker) l
            FULL JOIN (SELECT worker, sum(last_seq) AS last_seq FROM %2$s.tally
                        WHERE %3$s GROUP BY worker) t USING (worker)
          """
              .formatted(literal, schema, where));
    }
    return String.join("\nUNION ALL\n", parts);
  }

  private void balance(String where, long found, List<String> violations) {
    long expected = balances.getOrDefault(where, 0L);
    if (found != expected) {
      violations.add(
          "%s: accounts hold %d instead of %d: a torn transaction"
              .formatted(where, found, expected));
    }
  }

  private static void worker(
      String where, List<@Nullable String> row, Map<Integer, Long> now, List<String> violations) {
    int worker = (int) number(row, 1);
    long rows = number(row, 2);
    long various = number(row, 3);
    long last = number(row, 4);
    long tally = number(row, 5);
    String thread = where + ": thread " + worker;
    if (rows != various) {
      violations.add("%s: %d rows for %d numbers in the ledger".formatted(thread, rows, various));
    }
    if (various != last) {
      violations.add("%s: %d numbers up to %d in the ledger".formatted(thread, various, last));
    }
    if (last != tally) {
      violations.add("%s: ledger ends at %d, tally says %d".formatted(thread, last, tally));
    }
    now.put(worker, last);
  }

  /** A thread that is no longer there has gone back to 0. */
  private static void wentBack(
      String where, Map<Integer, Long> before, Map<Integer, Long> now, List<String> violations) {
    before.forEach(
        (worker, last) -> {
          long found = now.getOrDefault(worker, 0L);
          if (found < last) {
            violations.add(
                "%s: thread %d went back from %d to %d".formatted(where, worker, last, found));
          }
        });
  }

  private static long number(List<@Nullable String> row, int column) {
    return Long.parseLong(String.valueOf(row.get(column)));
  }
}
