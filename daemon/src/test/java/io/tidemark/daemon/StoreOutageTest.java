package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.backup.BackupResult;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.store.S3Limits;
import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.EmbeddedS3;
import io.tidemark.testing.HttpFault;
import io.tidemark.testing.HttpFaults;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives, backs up and restores over stores that misbehave. What is acknowledged is read at once
 * by somebody who goes past all faults.
 */
final class StoreOutageTest {
  private static final Logger LOG = LoggerFactory.getLogger(StoreOutageTest.class);
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(18);
  private static final double OFTEN = 0.12;
  private static final Duration OUTAGE = Duration.ofSeconds(2);
  private static final int BACKUP_TRIES = 8;

  @TempDir Path directory;

  private final long seed = Long.getLong("tidemark.test.seed", System.nanoTime());

  @Test
  void losesNothingOverAStoreThatFailsHangsIsLateAndLosesItsAnswers() throws Exception {
    LOG.info("-Dtidemark.test.seed={}", seed);
    ObjectStore good = PosixStore.create(PosixSettings.of(directory.resolve("repository")));
    FaultyStore faulty = new FaultyStore(good);
    Runnable faults =
        () ->
            faulty.randomly(
                seed,
                OFTEN,
                FaultyStore.any(),
                new StoreFault.Fail(Kind.UNAVAILABLE),
                new StoreFault.LoseAnswer(Kind.UNAVAILABLE),
                new StoreFault.Late(Duration.ofMillis(100)),
                new StoreFault.Hang(Duration.ofMillis(300)),
                new StoreFault.BreakOff(100));
    tell(good, StoryStore.retrying(faulty, seed), faults);
    assertThat(faulty.spoiled()).isGreaterThan(5);
  }

  @Test
  void losesNothingOverAnS3ServerThatTearsUploadsAnswers503AndIsCutOff() throws Exception {
    LOG.info("-Dtidemark.test.seed={}", seed);
    S3Limits impatient = new S3Limits(Duration.ofSeconds(4), Duration.ofSeconds(2), 64);
    try (EmbeddedS3 server = EmbeddedS3.start();
        HttpFaults faulty = HttpFaults.before(server.endpoint());
        ObjectStore good = StoryStore.s3(server, server.endpoint(), S3Limits.usual());
        ObjectStore bad =
            StoryStore.retrying(StoryStore.s3(server, faulty.endpoint(), impatient), seed)) {
      Runnable faults =
          () -> {
            faulty.nth(10, HttpFaults.any(), new HttpFault.Hang());
            faulty.randomly(
                seed,
                OFTEN,
                HttpFaults.any(),
                new HttpFault.Status(503),
                new HttpFault.Status(500),
                new HttpFault.DropRequest(),
                new HttpFault.DropResponse(),
                new HttpFault.DelayResponse(Duration.ofMillis(100)),
                new HttpFault.TruncateResponse(200));
          };
      tell(good, bad, faults);
      assertThat(faulty.spoiled()).hasSizeGreaterThan(5);
    }
  }

  private void tell(ObjectStore good, ObjectStore bad, Runnable faults) throws Exception {
    OsUser.letIn(directory);
    TruthfulAcks acks = new TruthfulAcks(good);
    try (TestCluster cluster =
            TestCluster.builder(BINARIES).walSegmentMegabytes(1).fsync(false).start();
        ArchivedCluster archived =
            new ArchivedCluster(
                cluster, bad, KilledCluster.OPTIONS, directory.resolve("spool"), acks);
        Workload workload = Workload.on(cluster).seed(seed).rate(200).start()) {
      workload.awaitMore(30);
      faults.run();
      BackupResult backup = backupInTheEnd(archived);
      assertThat(backup.damagedPages()).isEmpty();
      workload.awaitMore(100);
      workload.stop();
      archived.awaitArchived();
      acks.assertTruthful();
      ClusterContent held = ClusterContent.of(cluster);
      Restorer restorer = new Restorer(archived.repository(), BINARIES, directory);
      try (Restored restored = restorer.restore(RestoreRequest.LATEST, "restored")) {
        assertThat(restored.content().differences(held)).isEmpty();
      }
    }
  }

  /** As a schedule would, it goes on with what failed; it must not fail for ever. */
  private static BackupResult backupInTheEnd(ArchivedCluster archived) {
    for (int attempt = 1; ; attempt++) {
      try {
        return archived.backup();
      } catch (TidemarkException e) {
        LOG.info("backup attempt {} failed: {}", attempt, e.getMessage());
        if (attempt == BACKUP_TRIES) {
          throw e;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAVAILABLE", "NO_SPACE", "DENIED"})
  void acknowledgesNothingWhileTheStoreTakesNothing(Kind kind) throws Exception {
    ObjectStore good = PosixStore.create(PosixSettings.of(directory.resolve("repository")));
    FaultyStore faulty = new FaultyStore(good);
    TruthfulAcks acks = new TruthfulAcks(good);
    try (TestCluster cluster =
            TestCluster.builder(BINARIES).walSegmentMegabytes(1).fsync(false).start();
        ArchivedCluster archived =
            new ArchivedCluster(
                cluster, faulty, KilledCluster.OPTIONS, directory.resolve("spool"), acks);
        Workload workload = Workload.on(cluster).seed(3).rate(200).start()) {
      workload.awaitMore(30);
      archived.awaitArchived();
      faulty.always(FaultyStore.operation(Operation.PUT), new StoreFault.Fail(kind));
      Lsn reached = reachable(good);
      Awaitility.await()
          .during(OUTAGE)
          .atMost(OUTAGE.multipliedBy(5))
          .untilAsserted(
              () -> {
                assertThat(slot(cluster)).isLessThanOrEqualTo(reachable(good));
                assertThat(reachable(good)).isGreaterThanOrEqualTo(reached);
              });
      Lsn written = Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));
      assertThat(slot(cluster)).isLessThan(written);
      faulty.clear();
      archived.awaitArchived();
      assertThat(reachable(good)).isGreaterThanOrEqualTo(written);
      workload.stop();
      acks.assertTruthful();
    }
  }

  private static Lsn slot(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT restart_lsn FROM pg_replication_slots"));
  }

  private static Lsn reachable(ObjectStore store) {
    try (ClusterRepository reader =
        ClusterRepository.open(store, ArchivedCluster.NAME, KilledCluster.OPTIONS)) {
      return reader.wal().inventory().newest().orElseThrow().frontier().orElseThrow();
    }
  }
}
