package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnalystViewsTest {
  @TempDir Path secrets;

  @ParameterizedTest
  @ValueSource(ints = {15, 17})
  void tellsSizesAndQueryTimesToAnalystsOnly(int major) {
    try (TestCluster cluster = AnalystWorld.cluster(major, true);
        AnalystWorld world = AnalystWorld.make(cluster, "dwh", secrets)) {
      world
          .session()
          .execute(
              "CREATE TABLE school.wide AS SELECT repeat(md5(i::text), 500) ||"
                  + " string_agg(md5((i * j)::text), '') AS t FROM generate_series(1, 50) i,"
                  + " generate_series(1, 200) j GROUP BY i");
      assertThat(world.views().install()).isTrue();
      assertThat(world.views().install()).isFalse();
      String ana = world.add("ana");
      world.add("bob");
      assertThat(world.views().install()).as("grants to a group made later").isTrue();
      assertThat(world.views().install()).isFalse();
      sizesAreWhatPostgresSays(world);
      queryTimesFollowTheExtension(world, ana);
      world.cluster().sql("CREATE ROLE stranger LOGIN PASSWORD 'stranger-secret'");
      try (PostgresSession stranger = world.as("stranger", "stranger-secret")) {
        for (String view : AnalystViewSql.VIEWS) {
          assertThatThrownBy(() -> stranger.execute("SELECT * FROM tidemark." + view))
              .isInstanceOf(PostgresException.class);
        }
      }
    }
  }

  private static void sizesAreWhatPostgresSays(AnalystWorld world) {
    world.session().execute("ANALYZE school.orders");
    try (PostgresSession ana = world.asAnalyst("ana")) {
      ana.execute("CREATE TABLE mine AS SELECT * FROM orders");
      assertThat(
              ana.value(
                  "SELECT count(*) FROM tidemark.table_size WHERE total_bytes <>"
                      + " pg_total_relation_size(format('%I.%I', schema_name, table_name)) OR"
                      + " toast_bytes < 0"))
          .contains("0");
      assertThat(
              ana.value(
                  "SELECT rows_estimate FROM tidemark.table_size WHERE table_name = 'orders'"))
          .contains("1000");
      assertThat(
              ana.value(
                  "SELECT toast_bytes > 50000 FROM tidemark.table_size WHERE table_name = 'wide'"))
          .contains("t");
      assertThat(
              ana.value(
                  "SELECT total_bytes = pg_total_relation_size('school.orders') +"
                      + " pg_total_relation_size('school.wide') FROM tidemark.schema_size"
                      + " WHERE schema_name = 'school' AND tables = 2"))
          .contains("t");
      assertThat(
              ana.query(
                  "SELECT user_name || tables AS line FROM tidemark.user_schema_size ORDER BY 1",
                  row -> row.text("line")))
          .containsExactly("dwh_ana1", "dwh_bob0");
    }
  }

  private static void queryTimesFollowTheExtension(AnalystWorld world, String person) {
    try (PostgresSession ana = world.asAnalyst("ana");
        PostgresSession superuser = world.asSuperuser()) {
      assertThat(
              ana.value(
                  "SELECT string_agg(DISTINCT missing, '') FROM tidemark.user_query_time"
                      + " WHERE NOT statistics_available AND calls IS NULL"))
          .contains("CREATE EXTENSION pg_stat_statements was not run in this database");
      superuser.execute("CREATE SCHEMA \"Odd\"");
      superuser.execute("CREATE EXTENSION pg_stat_statements SCHEMA \"Odd\" VERSION '1.8'");
      assertThat(ana.value("SELECT missing FROM tidemark.user_query_time LIMIT 1"))
          .contains("GRANT USAGE ON SCHEMA \"Odd\" TO dwh_tidemark");
      superuser.execute("GRANT USAGE ON SCHEMA \"Odd\" TO dwh_tidemark");
      ana.execute("SELECT pg_sleep(0.2)");
      String one =
          "SELECT total_seconds BETWEEN 0.2 AND 20 AND calls >= 1 AND share_percent BETWEEN 1 AND"
              + " 100 AND statistics_available AND mean_milliseconds > 0"
              + " FROM tidemark.user_query_time WHERE user_name = ?";
      assertThat(ana.value(one, person)).contains("t");
      // Nothing of ours stands in the way of its update, which drops its views.
      superuser.execute("ALTER EXTENSION pg_stat_statements UPDATE");
      superuser.execute("SET pg_stat_statements.track = 'all'");
      assertThat(ana.value(one, person)).contains("t");
      assertThat(ana.value("SELECT since FROM tidemark.user_query_time LIMIT 1")).isPresent();
      superuser.execute("DROP EXTENSION pg_stat_statements");
      assertThat(ana.value("SELECT count(*) FROM tidemark.user_query_time")).contains("2");
    }
  }

  @Test
  void saysThatTheLibraryIsMissingAndReplacesAnOlderVersion() {
    try (TestCluster cluster = AnalystWorld.cluster(17, false);
        AnalystWorld world = AnalystWorld.make(cluster, "dwh", secrets)) {
      world.add("ana");
      world.session().execute("CREATE VIEW tidemark.schema_size AS SELECT 1 AS old_column");
      world.session().execute("CREATE VIEW school.standing AS SELECT * FROM tidemark.schema_size");
      assertThatThrownBy(() -> world.views().install())
          .hasMessageContaining("depends on them")
          .hasMessageContaining("school.standing");
      world.session().execute("DROP VIEW school.standing");
      assertThat(world.views().install()).isTrue();
      world.session().execute("COMMENT ON VIEW tidemark.table_size IS 'of another version'");
      assertThat(world.views().install()).isTrue();
      try (PostgresSession superuser = world.asSuperuser()) {
        superuser.execute("CREATE EXTENSION pg_stat_statements");
      }
      assertThat(
              world
                  .session()
                  .query(
                      "SELECT missing FROM tidemark.user_query_time", row -> row.text("missing")))
          .isEqualTo(List.of("pg_stat_statements is not in shared_preload_libraries"));
    }
  }
}
