package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** The database of a cluster that pipelines fill. */
record WarehouseDatabase(TestCluster cluster) {
  static final String NAME = "warehouse";

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Makes it, empty. */
  static WarehouseDatabase create(TestCluster cluster) {
    cluster.sql("CREATE DATABASE " + NAME);
    return new WarehouseDatabase(cluster);
  }

  /** A cluster that pipelines take changes from. */
  static TestCluster source(int major) {
    return TestCluster.builder(PostgresBinaries.of(major))
        .fsync(false)
        .setting("wal_level", "logical")
        .setting("max_slot_wal_keep_size", "10GB")
        .start();
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The first column of the first row. */
  String value(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    }
  }

  /** Also while what is asked for is not made yet. */
  void awaitValue(String query, String wanted) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(SQLException.class)
        .until(() -> wanted.equals(value(query)));
  }

  /** The report names a column that is not taken and is there all the same; without it, nothing. */
  void removeWhatRemains(Cli cli, String pipeline, String column, String removal)
      throws SQLException {
    Cli.Result report = cli.run("analytics", "privacy-report", pipeline);
    assertThat(report.exitCode()).as(report.toString()).isEqualTo(52);
    assertThat(report.out())
        .contains(
            column
                + ": VIOLATION: found it in the target, from former times; expected it gone: "
                + removal)
        .contains("1 are not as the configuration says");
    execute(removal);
    assertThat(cli.run("analytics", "privacy-report", pipeline).exitCode()).isZero();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(cluster.jdbc(NAME), "postgres", "");
  }
}
