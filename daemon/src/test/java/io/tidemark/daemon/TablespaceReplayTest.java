package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.TargetFinder.MadeTablespace;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replay makes tablespaces where they were, which on the primary's machine are its own. */
final class TablespaceReplayTest {
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(18);

  @TempDir Path directory;

  @Test
  void refusesToReplayACreateTablespaceIntoTheRunningPrimarysDirectory() throws Exception {
    OsUser.letIn(directory);
    try (TestCluster cluster =
            TestCluster.builder(BINARIES).walSegmentMegabytes(1).fsync(false).start();
        ArchivedCluster archived =
            new ArchivedCluster(
                cluster,
                PosixStore.create(PosixSettings.of(directory.resolve("repository"))),
                KilledCluster.OPTIONS,
                directory.resolve("spool"))) {
      archived.backup();
      Path location = Files.createDirectory(directory.resolve("fast"));
      OsUser.own(location);
      cluster.sql(
          "CREATE TABLESPACE fast LOCATION '" + location + "'",
          "CREATE TABLE t TABLESPACE fast AS SELECT generate_series(1, 1000) n");
      archived.awaitArchived();
      Restorer restorer = new Restorer(archived.repository(), BINARIES, directory);

      RestorePlan plan = restorer.plan(RestoreRequest.LATEST);

      assertThat(plan.tablespacesMade())
          .extracting(MadeTablespace::location)
          .containsExactly(location.toString());
      assertThat(plan.notes()).anyMatch(note -> note.contains(location.toString()));
      assertThatExceptionOfType(TidemarkException.class)
          .isThrownBy(() -> restorer.files(plan, "restored"))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED))
          .withMessageContaining(location.toString());
      assertThat(directory.resolve("restored")).doesNotExist();
    }
  }
}
