package io.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.Lease;
import io.tidemark.repository.Manifest;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.WalSummary;
import io.tidemark.repository.Writer;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups of real clusters; WAL is archived by copying pg_wal when a backup waits for it. */
final class RealBackupTest {
  @RegisterExtension final LogWatch log = new LogWatch();
  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private Optional<ClusterRepository> repository = Optional.empty();

  @AfterEach
  void close() {
    repository.ifPresent(ClusterRepository::close);
  }

  private static BackupOptions options(Duration walTimeout) {
    return new BackupOptions(2, true, true, false, true, walTimeout, OptionalLong.empty());
  }

  private ClusterRepository repository(TestCluster cluster) {
    if (repository.isEmpty()) {
      try (PostgresSession session = session(cluster)) {
        ClusterIdentity identity = ClusterIdentity.of(session, false);
        repository =
            Optional.of(
                ClusterRepository.create(
                    store,
                    "shop",
                    identity,
                    new RepositoryOptions(
                        Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"))));
      }
    }
    return repository.get();
  }

  private static PostgresSession session(TestCluster cluster) {
    return PostgresSession.open(
        PostgresEndpoint.to(
            new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user()));
  }

  /** Takes a backup; when its copy begins and when it waits for WAL, something happens. */
  private BackupResult backup(
      TestCluster cluster, Path directory, TestCluster wal, Runnable whileCopying) {
    BackupProgress progress =
        new BackupProgress() {
          private final AtomicBoolean copying = new AtomicBoolean();

          @Override
          public void step(String what) {
            if (what.startsWith("waiting for the archive")) {
              wal.sql("SELECT pg_switch_wal()");
              archive(wal);
            }
          }

          @Override
          public void copied(long bytes) {
            if (copying.compareAndSet(false, true)) {
              whileCopying.run();
            }
          }
        };
    try (PostgresSession session = session(cluster)) {
      return new Backup(
              repository(cluster), session, directory, options(Duration.ofSeconds(30)), progress)
          .run();
    }
  }

  private BackupResult backup(TestCluster cluster, Runnable whileCopying) {
    return backup(cluster, cluster.data(), cluster, whileCopying);
  }

  /** Copies the complete segments of pg_wal. */
  private void archive(TestCluster cluster) {
    ClusterRepository to = repository(cluster);
    String current = cluster.value("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
    try (Stream<Path> files = Files.list(cluster.data().resolve("pg_wal"))) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (WalSegment.isName(name) && name.compareTo(current) < 0) {
          to.wal()
              .putSegment(
                  WalSegment.parse(name, to.identity().walSegmentSize()),
                  ByteBuffer.wrap(Files.readAllBytes(file)),
                  WalSummary.EMPTY);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TestCluster cluster(int major) {
    return TestCluster.builder(PostgresBinaries.of(major))
        .walSegmentMegabytes(1)
        .fsync(false)
        .setting("wal_keep_size", "1GB")
        .tablespace("fast")
        .start();
  }

  private static String file(TestCluster cluster, String relation) {
    return cluster.value("SELECT pg_relation_filepath('" + relation + "')");
  }

  private Manifest manifest(BackupResult result) {
    return repository.orElseThrow().backups().manifest(result.info().name());
  }

  private static List<String> paths(Manifest manifest) {
    return manifest.files().stream().map(BackupFile::path).toList();
  }

  private long packs() {
    try (var objects = store.list("shop/backups/")) {
      return objects.filter(object -> object.key().endsWith(".pack")).count();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {PostgresBinaries.OLDEST, PostgresBinaries.NEWEST})
  void backsUpAClusterThatChangesUnderIt(int major) {
    try (TestCluster cluster = cluster(major);
        Workload workload = Workload.on(cluster).seed(3).start()) {
      cluster.sql(
          "CREATE TABLE dropped AS SELECT generate_series(1, 10000) AS x",
          "CREATE TABLE cut AS SELECT generate_series(1, 100000) AS x",
          "CREATE TABLE in_tablespace TABLESPACE fast AS SELECT 1 AS x",
          "CREATE UNLOGGED TABLE unlogged_one AS SELECT 1 AS x",
          "CREATE DATABASE doomed");
      workload.awaitMore(20);
      String unlogged = file(cluster, "unlogged_one");
      String moved = file(cluster, "in_tablespace");

      BackupResult result =
          backup(
              cluster,
              () ->
                  cluster.sql(
                      "DROP TABLE dropped",
                      "DELETE FROM cut WHERE x > 10",
                      "VACUUM cut",
                      "DROP DATABASE doomed",
                      "CREATE TABLE made AS SELECT generate_series(1, 10000) AS x"));

      Manifest manifest = manifest(result);
      assertThat(result.damagedPages()).isEmpty();
      assertThat(result.leftOut()).isEmpty();
      assertThat(paths(manifest))
          .contains(ControlFile.PATH, moved, unlogged + "_init")
          .doesNotContain(unlogged, "postmaster.pid")
          .doesNotHaveDuplicates();
      assertThat(manifest.tablespaces()).hasSize(1);
      assertThat(manifest.info().owner()).isPresent();
      assertThat(manifest.info().timeline()).isEqualTo(new Timeline(1));
      assertThat(result.totals().storedBytes()).isPositive();
    }
  }

  @Test
  void leavesOutATablespaceThatReplayMakes() {
    try (TestCluster cluster = cluster(PostgresBinaries.NEWEST)) {
      Path fast = cluster.tablespaces().get("fast");
      String path = file(cluster, "pg_class");
      assertThat(path).startsWith("base/");
      BackupProgress made =
          new BackupProgress() {
            @Override
            public void step(String what) {
              if (what.startsWith("listing")) {
                cluster.sql("DROP TABLESPACE fast");
                cluster.sql("CREATE TABLESPACE later LOCATION '" + fast + "'");
                cluster.sql("CREATE TABLE inside TABLESPACE later AS SELECT 1 AS x");
              } else if (what.startsWith("waiting for the archive")) {
                archive(cluster);
              }
            }
          };
      BackupResult result;
      try (PostgresSession session = session(cluster)) {
        result =
            new Backup(
                    repository(cluster),
                    session,
                    cluster.data(),
                    options(Duration.ofSeconds(30)),
                    new Delayed(made, () -> cluster.sql("SELECT pg_switch_wal()")))
                .run();
      }

      Manifest manifest = manifest(result);
      assertThat(paths(manifest)).noneMatch(file -> file.startsWith("pg_tblspc/"));
      assertThat(manifest.directories()).noneMatch(d -> d.path().startsWith("pg_tblspc/"));
    }
  }

  /** Does something before each wait for the archive. */
  private record Delayed(BackupProgress progress, Runnable before) implements BackupProgress {
    @Override
    public void step(String what) {
      if (what.startsWith("waiting for the archive")) {
        before.run();
      }
      progress.step(what);
    }
  }

  @Test
  void goesOnWithoutStoringAgainWhatIsStored() {
    try (TestCluster cluster = cluster(PostgresBinaries.OLDEST)) {
      cluster.sql(
          "CREATE TABLE big AS SELECT x, md5(x::text) || md5((x + 1)::text)"
              + " FROM generate_series(1, 600000) x");
      store.nth(
          3,
          FaultyStore.operation(Operation.PUT).and(FaultyStore.keyContains(".pack")),
          new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));
      TidemarkException failure =
          catchThrowableOfType(TidemarkException.class, () -> backup(cluster, () -> {}));
      assertThat(failure.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
      store.clear();
      long stored = packs();
      assertThat(stored).isPositive();

      BackupResult result = backup(cluster, () -> {});

      assertThat(result.reusedBytes()).isGreaterThan(stored * (16L << 20));
      assertThat(repository(cluster).backups().list())
          .singleElement()
          .isInstanceOf(BackupEntry.Completed.class);
      assertThat(manifest(result).files()).isNotEmpty();
    }
  }

  @Test
  @ExpectLog("damaged page 1 of base/")
  void reportsADamagedPage() throws IOException {
    try (TestCluster cluster = cluster(PostgresBinaries.NEWEST)) {
      cluster.sql("CREATE TABLE hurt AS SELECT generate_series(1, 10000) AS x", "CHECKPOINT");
      String path = file(cluster, "hurt");
      try (RandomAccessFile file =
          new RandomAccessFile(cluster.data().resolve(path).toFile(), "rw")) {
        file.seek(8192 + 4000);
        file.write(0x5A);
        file.write(0xA5);
      }

      BackupResult result = backup(cluster, () -> {});

      assertThat(result.damagedPageCount()).isEqualTo(1);
      assertThat(result.damagedPages())
          .singleElement()
          .satisfies(page -> assertThat(page.path()).isEqualTo(path));
      TidemarkException failure =
          catchThrowableOfType(
              TidemarkException.class,
              () -> {
                try (PostgresSession session = session(cluster)) {
                  new Backup(
                          repository(cluster),
                          session,
                          cluster.data(),
                          new BackupOptions(
                              2,
                              true,
                              true,
                              true,
                              true,
                              Duration.ofSeconds(30),
                              OptionalLong.empty()),
                          BackupProgress.NONE)
                      .run();
                }
              });
      assertThat(failure.code()).isEqualTo(ErrorCode.BACKUP_FAILED);
      assertThat(failure).hasMessageContaining("1 damaged pages");
    }
  }

  @Test
  void backsUpAStandbyAndRefusesTheDirectoryOfAnotherCopy() {
    try (TestCluster primary =
            TestCluster.builder(PostgresBinaries.of(PostgresBinaries.NEWEST))
                .walSegmentMegabytes(1)
                .setting("wal_keep_size", "1GB")
                .start();
        TestCluster standby = TestCluster.standbyOf(primary).start()) {
      primary.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS x", "CHECKPOINT");

      BackupResult result = backup(standby, standby.data(), primary, () -> {});

      assertThat(result.info().fromStandby()).isTrue();
      assertThat(refusal(primary, standby.data()).code()).isEqualTo(ErrorCode.WRONG_CLUSTER);
      assertThat(refusal(standby, primary.data()).code()).isEqualTo(ErrorCode.WRONG_CLUSTER);

      TidemarkException promoted =
          catchThrowableOfType(
              TidemarkException.class,
              () -> backup(standby, standby.data(), primary, standby::promote));
      assertThat(promoted.code()).isEqualTo(ErrorCode.BACKUP_FAILED);
      assertThat(promoted).hasMessageContaining("promoted");
    }
  }

  private TidemarkException refusal(TestCluster server, Path directory) {
    return catchThrowableOfType(
        TidemarkException.class, () -> backup(server, directory, server, () -> {}));
  }

  @Test
  void failsCleanlyWhereTheServerRestarts() {
    try (TestCluster cluster = cluster(PostgresBinaries.OLDEST)) {
      TidemarkException failure =
          catchThrowableOfType(TidemarkException.class, () -> backup(cluster, cluster::restart));

      assertThat(failure.code()).isEqualTo(ErrorCode.BACKUP_FAILED);
      assertThat(failure.hint()).contains("goes on from what is stored");
      assertThat(repository(cluster).backups().list())
          .singleElement()
          .isInstanceOf(BackupEntry.Unfinished.class);
      assertThat(backup(cluster, () -> {}).reusedBytes()).isPositive();
    }
  }

  @Test
  void waitsForTheWalOnlySoLongAndKeepsWhatIsStored() {
    try (TestCluster cluster = cluster(PostgresBinaries.NEWEST);
        PostgresSession session = session(cluster)) {
      TidemarkException failure =
          catchThrowableOfType(
              TidemarkException.class,
              () ->
                  new Backup(
                          repository(cluster),
                          session,
                          cluster.data(),
                          options(Duration.ofSeconds(1)),
                          BackupProgress.NONE)
                      .run());

      assertThat(failure.code()).isEqualTo(ErrorCode.TIMED_OUT);
      assertThat(failure).hasMessageContaining("does not hold the WAL from");
      BackupResult result = backup(cluster, () -> {});
      assertThat(result.reusedBytes()).isGreaterThan(result.totals().bytes() / 2);
    }
  }

  @Test
  void runsAloneAndAsFastAsAllowed() {
    try (TestCluster cluster = cluster(PostgresBinaries.NEWEST);
        PostgresSession session = session(cluster)) {
      Backup limited =
          new Backup(
              repository(cluster),
              session,
              cluster.data(),
              new BackupOptions(
                  2, true, true, false, true, Duration.ofSeconds(1), OptionalLong.of(16 << 20)),
              BackupProgress.NONE);
      try (Lease held = repository(cluster).leases().acquire("backup", Duration.ofMinutes(1))) {
        assertThat(held).isNotNull();
        assertThat(catchThrowableOfType(TidemarkException.class, limited::run).code())
            .isEqualTo(ErrorCode.LEASE_HELD);
      }
      long began = System.nanoTime();

      assertThat(catchThrowableOfType(TidemarkException.class, limited::run).code())
          .isEqualTo(ErrorCode.TIMED_OUT);

      // More than 20 MB, of which a second's worth is saved up.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
    }
  }
}
