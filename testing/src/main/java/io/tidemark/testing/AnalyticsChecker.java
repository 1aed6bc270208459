package io.tidemark.testing;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares tables of a source with their copies in an analytics database by PostgreSQL's own means,
 * so knowing nothing of how they came there. Rows are compared as text in a multiset: one row twice
 * is a difference. All tables of a side are read in one snapshot.
 *
 * <p>That the target has arrived where the source is, is the caller's to await: nobody may write
 * meanwhile.
 */
public final class AnalyticsChecker {
  private static final int NAMED_KEYS = 10;
  private static final int BUCKETS = 1024;
  private static final int ROWS_LIMIT = 20_000;
  private static final int SHOWN_LENGTH = 300;

  private final SqlClient source;
  private final SqlClient target;

  private AnalyticsChecker(SqlClient source, SqlClient target) {
    this.source = source;
    this.target = target;
  }

  /** A database of one cluster, and one of another. */
  public static AnalyticsChecker between(
      TestCluster source, String sourceDatabase, TestCluster target, String targetDatabase) {
    return new AnalyticsChecker(client(source, sourceDatabase), client(target, targetDatabase));
  }

  private static SqlClient client(TestCluster cluster, String database) {
    return new SqlClient(cluster.jdbc(database), cluster.user(), cluster.password());
  }

  /**
   * The expected pseudonym as an expression of the source, where pgcrypto is installed in the given
   * schema: HMAC-SHA-256 of the value's text in UTF-8 as 64 hexadecimal digits.
   */
  public static String pseudonym(String pgcryptoSchema, String expression, byte[] key) {
    return "encode(%s.hmac(convert_to((%s)::text, 'UTF8'), '\\x%s'::bytea, 'sha256'), 'hex')"
        .formatted(pgcryptoSchema, expression, HexFormat.of().formatHex(key));
  }

  /** The same of a key that is text. */
  public static String pseudonym(String pgcryptoSchema, String expression, String key) {
    return pseudonym(pgcryptoSchema, expression, key.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What differs, per table a line with the numbers of rows and one for each of the first ten keys.
   * Empty when every table is equal. IllegalStateException when one cannot be read.
   */
  public List<String> differences(List<AnalyticsCheckedTable> tables) {
    try (Connection here = snapshot(source);
        Connection there = snapshot(target);
        Statement ofSource = here.createStatement();
        Statement ofTarget = there.createStatement()) {
      List<String> differences = new ArrayList<>();
      for (AnalyticsCheckedTable table : tables) {
        Map<Integer, Digest> expected = digests(ofSource, table.sourceRows());
        Map<Integer, Digest> found = digests(ofTarget, table.targetRows());
        if (!expected.equals(found)) {
          differences.add(summary(table, expected, found));
          differences.addAll(details(ofSource, ofTarget, table, differing(expected, found)));
        }
      }
      return differences;
    } catch (SQLException e) {
      throw new IllegalStateException("cannot compare " + source + " with " + target, e);
    }
  }

  private static Connection snapshot(SqlClient client) throws SQLException {
    Connection connection = client.connect();
    try (Statement statement = connection.createStatement()) {
      for (String setting : ClusterContent.ONE_REPRESENTATION) {
        statement.execute(setting);
      }
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      statement.execute("SELECT 1");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Rows whose keys fall in one bucket: how many, and the sum of their hashes. */
  private record Digest(long rows, String sum) {}

  private static Map<Integer, Digest> digests(Statement statement, String rows)
      throws SQLException {
    String query =
        "SELECT %s, count(*), sum(hashtextextended(line, 0)::numeric) FROM (%s) r GROUP BY 1"
            .formatted(bucket(), rows);
    Map<Integer, Digest> digests = new TreeMap<>();
    try (ResultSet result = statement.executeQuery(query)) {
      while (result.next()) {
        digests.put(result.getInt(1), new Digest(result.getLong(2), result.getString(3)));
      }
    }
    return digests;
  }

  private static String bucket() {
    return "hashtextextended(key, 1) & " + (BUCKETS - 1);
  }

  private static String summary(
      AnalyticsCheckedTable table, Map<Integer, Digest> expected, Map<Integer, Digest> found) {
    return "%s: %d rows expected from %s, %d found"
        .formatted(table.target(), rows(expected), table.source(), rows(found));
  }

  private static long rows(Map<Integer, Digest> digests) {
    return digests.values().stream().mapToLong(Digest::rows).sum();
  }

  private static List<Integer> differing(
      Map<Integer, Digest> expected, Map<Integer, Digest> found) {
    Set<Integer> buckets = new TreeSet<>(expected.keySet());
    buckets.addAll(found.keySet());
    return buckets.stream()
        .filter(bucket -> !Objects.equals(expected.get(bucket), found.get(bucket)))
        .limit(NAMED_KEYS)
        .toList();
  }

  private static List<String> details(
      Statement ofSource, Statement ofTarget, AnalyticsCheckedTable table, List<Integer> buckets)
      throws SQLException {
    List<String> lines = new ArrayList<>();
    for (int bucket : buckets) {
      Map<String, Map<String, Integer>> expected = lines(ofSource, table.sourceRows(), bucket);
      Map<String, Map<String, Integer>> found = lines(ofTarget, table.targetRows(), bucket);
      Set<String> keys = new TreeSet<>(expected.keySet());
      keys.addAll(found.keySet());
      for (String key : keys) {
        Map<String, Integer> wanted = expected.getOrDefault(key, Map.of());
        Map<String, Integer> got = found.getOrDefault(key, Map.of());
        if (!wanted.equals(got) && lines.size() < NAMED_KEYS) {
          lines.add(
              "%s %s: expected %s, found %s"
                  .formatted(table.target(), shortened(key), shown(wanted), shown(got)));
        }
      }
    }
    return lines;
  }

  /** The rows of a bucket, by key and text, with how often they occur. */
  private static Map<String, Map<String, Integer>> lines(
      Statement statement, String rows, int bucket) throws SQLException {
    String query =
        "SELECT key, line FROM (%s) r WHERE %s = %d ORDER BY 1, 2 LIMIT %d"
            .formatted(rows, bucket(), bucket, ROWS_LIMIT);
    Map<String, Map<String, Integer>> lines = new HashMap<>();
    try (ResultSet result = statement.executeQuery(query)) {
      while (result.next()) {
        lines
            .computeIfAbsent(result.getString(1), _ -> new TreeMap<>())
            .merge(result.getString(2), 1, Integer::sum);
      }
    }
    return lines;
  }

  private static String shown(Map<String, Integer> lines) {
    if (lines.isEmpty()) {
      return "no row";
    }
    return lines.entrySet().stream()
        .map(line -> (line.getValue() == 1 ? "" : line.getValue() + " times ") + line.getKey())
        .map(AnalyticsChecker::shortened)
        .toList()
        .toString();
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "…";
  }
}
