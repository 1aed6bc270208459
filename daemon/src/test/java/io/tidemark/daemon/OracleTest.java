package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's own tools judge what was restored. */
@NeedsTool({"pg_verifybackup", "pg_checksums", "pg_amcheck"})
final class OracleTest {
  @TempDir Path directory;

  @Test
  void postgresOwnToolsFindNothingWrongWithARestoredCluster() throws Exception {
    OsUser.letIn(directory);
    PostgresBinaries debian = PostgresBinaries.debian().orElseThrow();
    try (StoryStore store = StoryStore.posix(directory.resolve("repository"));
        TestCluster primary = TestCluster.builder(debian).fsync(false).tablespace("aside").start();
        ArchivedCluster archived =
            new ArchivedCluster(
                primary, store.store(), KilledCluster.OPTIONS, directory.resolve("spool"));
        Workload workload = Workload.on(primary).seed(11).rate(300).start()) {
      primary.sql(
          "CREATE TABLE kept (id int PRIMARY KEY, text text) TABLESPACE aside",
          "INSERT INTO kept SELECT i, md5(i::text) FROM generate_series(1, 5000) i");
      workload.awaitMore(100);
      assertThat(archived.backup().damagedPages()).isEmpty();
      workload.awaitMore(100);
      workload.stop();
      archived.awaitArchived();
      ClusterContent held = ClusterContent.of(primary);

      Restorer restorer = new Restorer(archived.repository(), debian, directory);
      RestorePlan plan = restorer.plan(RestoreRequest.LATEST);
      Path restored = restorer.files(plan, "restored");
      // WAL comes by restore_command, so there is none yet that could be parsed.
      assertThat(debian.run("pg_verifybackup", "--no-parse-wal", "--exit-on-error", restored))
          .contains("successfully verified");
      restorer.recover(plan, restored).close();
      assertThat(debian.run("pg_checksums", "--check", "-D", restored))
          .containsPattern("Bad checksums: +0\n");
      checkTables(debian, restored, held);
    }
  }

  private static void checkTables(PostgresBinaries debian, Path restored, ClusterContent held) {
    try (TestCluster server = TestCluster.adopt(restored, debian).start()) {
      assertThat(ClusterContent.of(server).differences(held)).isEmpty();
      String said =
          debian.run(
              "pg_amcheck",
              "-h",
              server.host(),
              "-p",
              server.port(),
              "-U",
              server.user(),
              "--all",
              "--install-missing",
              "--heapallindexed",
              "--parent-check");
      assertThat(said).isBlank();
    }
  }
}
