package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.analytics.RefreshOutcome.Result;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.Configuration;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MaterializedViewRefreshTest {
  private static final Instant DUE = Instant.parse("2026-01-01T06:00:00Z");

  private static final AnalyticsSettings SETTINGS =
      Configuration.parse(
              Path.of("/test/tidemark.yaml"),
              """
              repositories:
                disk: {type: posix, path: /backups}
              clusters:
                main:
                  repository: disk
                  connection: {host: db, user: tidemark}
              analytics:
                target: {host: dwh}
                pipelines:
                  lessons:
                    schema: school
                    sources:
                      one: {cluster: main, database: app, labels: {site: a}}
                    tables:
                      public.orders: {columns: [id, total]}
                analysts:
                  materialized-views:
                    reports.daily: {schedule: "0 0 6 * * ?", wait-limit: 20s}
                    reports.hasty: {schedule: "0 0 6 * * ?", wait-limit: 1s}
                    reports.top: {schedule: "0 0 6 * * ?", concurrently: false}
                    reports.gone: {schedule: "0 0 6 * * ?"}
              """)
          .requireAnalytics();

  private final Map<Integer, TestCluster> clusters = new HashMap<>();
  private int worlds;

  @TempDir Path secrets;

  private AnalystWorld world(int major) {
    TestCluster cluster =
        clusters.computeIfAbsent(major, each -> AnalystWorld.cluster(each, false));
    AnalystWorld world = AnalystWorld.make(cluster, "dwh" + worlds++, secrets);
    List.of(
            "CREATE SCHEMA reports",
            "CREATE VIEW reports.between AS SELECT * FROM school.orders",
            "CREATE MATERIALIZED VIEW reports.daily AS SELECT id % 7 AS day, sum(total) AS total"
                + " FROM reports.between GROUP BY 1 WITH NO DATA",
            "CREATE MATERIALIZED VIEW reports.hasty AS SELECT count(*) AS n FROM school.orders",
            "CREATE MATERIALIZED VIEW reports.top AS SELECT max(total) AS most FROM reports.daily"
                + " WITH NO DATA")
        .forEach(world.session()::execute);
    return world;
  }

  @AfterAll
  void stop() {
    clusters.values().forEach(TestCluster::close);
  }

  private static void fresh(AnalystWorld world, String source, String at) {
    world.session().execute("DELETE FROM tidemark.feed WHERE source = ?", source);
    world
        .session()
        .execute(
            "INSERT INTO tidemark.feed (pipeline, source, role, slot, system_id, labels,"
                + " consistent_lsn, applied_lsn, data_as_of) VALUES ('lessons', ?, 'main', 'slot',"
                + " '1', '{}', '0/1', '0/1', ?::timestamptz)",
            source,
            at);
  }

  private static RefreshTask task(AnalystWorld world) {
    return new RefreshTask(SETTINGS, world::another, (view, moment) -> true);
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void waitsUntilEverySourceIsAsFreshAsTheMoment(int major) {
    try (AnalystWorld world = world(major)) {
      fresh(world, "one", "2026-01-01T06:00:00Z");
      fresh(world, "two", "2026-01-01T05:59:59Z");
      CompletableFuture<RefreshOutcome> run =
          CompletableFuture.supplyAsync(() -> task(world).run("reports.daily", DUE));
      await()
          .during(Duration.ofMillis(700))
          .atMost(Duration.ofSeconds(10))
          .until(() -> !run.isDone());
      fresh(world, "two", "2026-01-01T06:00:01Z");
      RefreshOutcome outcome = run.join();
      assertThat(outcome.result()).isEqualTo(Result.REFRESHED);
      assertThat(outcome.dataAsOf()).contains(DUE);
      assertThat(outcome.waited()).isBetween(Duration.ofMillis(700), Duration.ofSeconds(20));
      assertThat(outcome.concurrently()).isFalse();
      assertThat(outcome.why()).contains("never been filled");
      assertThat(world.session().value("SELECT count(*) FROM reports.daily")).contains("7");
      assertThat(
              world
                  .session()
                  .value(
                      "SELECT view || ' ' || outcome || ' ' || (data_as_of = ?::timestamptz)"
                          + " FROM tidemark.refresh WHERE waited_ms >= 700 AND error IS NULL"
                          + " AND finished_at >= started_at",
                      DUE.toString()))
          .contains("reports.daily refreshed true");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 18)
  void aPausedSourceIsNotWaitedForAndALateOneNoLongerThanTheLimit(int major) {
    try (AnalystWorld world = world(major)) {
      fresh(world, "one", "2026-01-01T06:00:00Z");
      fresh(world, "two", "2026-01-01T04:00:00Z");
      world
          .session()
          .execute(
              "INSERT INTO tidemark.wish (pipeline, source, wish) VALUES ('lessons', 'two', 'paused')");
      RefreshOutcome paused = task(world).run("reports.hasty", DUE);
      assertThat(paused.result()).isEqualTo(Result.REFRESHED);
      assertThat(paused.why()).contains("because paused: lessons/two");
      assertThat(paused.dataAsOf()).contains(Instant.parse("2026-01-01T04:00:00Z"));
      world.session().execute("UPDATE tidemark.wish SET wish = 'running'");
      RefreshOutcome late = task(world).run("reports.hasty", DUE.plusSeconds(60));
      assertThat(late.result()).isEqualTo(Result.REFRESHED_LATE);
      assertThat(late.waited()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(15));
      assertThat(late.why()).contains("late at the wait's limit: lessons/one, lessons/two");
      world.session().execute("DELETE FROM tidemark.feed");
      RefreshOutcome none = task(world).run("reports.hasty", DUE.plusSeconds(120));
      assertThat(none.result()).isEqualTo(Result.REFRESHED_LATE);
      assertThat(none.why()).contains("lessons, which has no source yet");
      assertThat(none.dataAsOf()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 15)
  void whatAViewReadsIsRefreshedFirstAndOnceForOneMoment(int major) {
    try (AnalystWorld world = world(major)) {
      fresh(world, "one", "2026-01-01T06:00:00Z");
      RefreshOutcome top = task(world).run("reports.top", DUE);
      assertThat(top.result()).as(top.error()).isEqualTo(Result.REFRESHED);
      assertThat(top.why()).contains("the configuration says so");
      assertThat(top.before()).extracting(RefreshOutcome::view).containsExactly("reports.daily");
      assertThat(task(world).run("reports.daily", DUE).result()).isEqualTo(Result.DONE_BEFORE);
      fresh(world, "one", "2026-01-01T08:00:00Z");
      RefreshOutcome alone =
          new RefreshTask(SETTINGS, world::another, (view, moment) -> false)
              .run("reports.top", DUE.plusSeconds(3600));
      assertThat(alone.before()).isEmpty();
      assertThat(alone.dataAsOf()).as("what stands in reports.daily is older").contains(DUE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void isConcurrentOnlyWithAUsableIndexAndReadersThenDoNotWait(int major) {
    try (AnalystWorld world = world(major);
        PostgresSession reader = world.another()) {
      fresh(world, "one", "2026-01-01T06:00:00Z");
      world.session().execute("REFRESH MATERIALIZED VIEW reports.daily");
      for (String unusable : List.of("((day + 1))", "(day) WHERE day > 0")) {
        world.session().execute("CREATE UNIQUE INDEX unusable ON reports.daily " + unusable);
        RefreshOutcome plain = task(world).run("reports.daily", DUE);
        assertThat(plain.concurrently()).isFalse();
        assertThat(plain.why()).contains("no unique index");
        world.session().execute("DROP INDEX reports.unusable");
        world.session().execute("DELETE FROM tidemark.refresh");
      }
      world.session().execute("CREATE UNIQUE INDEX ON reports.daily (day)");
      reader.execute("BEGIN");
      reader.execute("SELECT * FROM reports.daily");
      RefreshOutcome outcome = task(world).run("reports.daily", DUE);
      assertThat(outcome.result()).as(outcome.error()).isEqualTo(Result.REFRESHED);
      assertThat(outcome.concurrently()).isTrue();
      assertThat(outcome.why()).isEmpty();
      reader.execute("COMMIT");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = 18)
  void aFailureIsRecordedAndTheRecordsAreLimited(int major) {
    try (AnalystWorld world = world(major)) {
      fresh(world, "one", "2026-01-01T06:00:00Z");
      assertThat(task(world).run("reports.gone", DUE).error()).contains("no materialized view");
      assertThatThrownBy(() -> task(world).run("reports.unknown", DUE))
          .hasMessageContaining("reports.daily");
      world
          .session()
          .execute("INSERT INTO school.orders VALUES (-1, 2147483647), (-2, 2147483647)");
      world.session().execute("ALTER TABLE school.orders ADD broken int DEFAULT 0");
      world.session().execute("DROP MATERIALIZED VIEW reports.hasty");
      world
          .session()
          .execute(
              "CREATE MATERIALIZED VIEW reports.hasty AS SELECT 1 / (1 - broken) AS n"
                  + " FROM school.orders");
      world.session().execute("UPDATE school.orders SET broken = 1");
      RefreshOutcome failed = task(world).run("reports.hasty", DUE);
      assertThat(failed.result()).isEqualTo(Result.FAILED);
      assertThat(failed.error()).contains("division by zero");
      assertThat(task(world).run("reports.hasty", DUE).result())
          .as("a failure is tried again")
          .isEqualTo(Result.FAILED);
      world
          .session()
          .execute(
              "INSERT INTO tidemark.refresh (view, due, started_at, finished_at, was_concurrent, why,"
                  + " waited_ms, outcome) SELECT 'reports.hasty', '2020-01-01', now(), now(), false,"
                  + " '', 0, 'refreshed' FROM generate_series(1, 150)");
      task(world).run("reports.hasty", DUE);
      assertThat(
              world
                  .session()
                  .value("SELECT count(*) FROM tidemark.refresh WHERE view = 'reports.hasty'"))
          .contains("100");
      assertThat(world.session().value("SELECT outcome FROM tidemark.refresh ORDER BY id DESC"))
          .contains("failed");
    }
  }
}
