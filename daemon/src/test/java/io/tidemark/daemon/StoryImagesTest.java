package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupOptions;
import io.tidemark.backup.BackupProgress;
import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.WalFetcher;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.S3Credentials;
import io.tidemark.store.S3Endpoint;
import io.tidemark.store.S3Settings;
import io.tidemark.store.S3Store;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.NeedsDocker;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The short story with the official images of PostgreSQL and of an S3 server. */
@NeedsDocker
final class StoryImagesTest {
  private static final int MAJOR = 17;
  private static final int S3_PORT = 8333;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path directory;

  @Test
  void restoresToTheEndOfTheArchiveWhatThePrimaryHeld() throws Exception {
    OsUser.letIn(directory);
    Path data = Files.createDirectory(directory.resolve("data"));
    OsUser.own(data);
    int port = FreePort.find();
    try (GenericContainer<?> primary = postgres(data, port);
        GenericContainer<?> s3 =
            new GenericContainer<>(DockerImageName.parse("chrislusf/seaweedfs:4.43"))
                .withCommand("server", "-dir=/data", "-s3")
                .withExposedPorts(S3_PORT)
                .waitingFor(
                    Wait.forHttp("/").forPort(S3_PORT).forStatusCodeMatching(code -> code < 500))) {
      primary.start();
      s3.start();
      try (ObjectStore store = store(s3);
          ClusterRepository repository =
              ClusterRepository.create(
                  store, ArchivedCluster.NAME, identity(port), KilledCluster.OPTIONS)) {
        ClusterContent held = archiveAndBackUp(repository, data, port);
        restoreAndCompare(repository, held);
      }
    }
  }

  private ClusterContent archiveAndBackUp(ClusterRepository repository, Path data, int port)
      throws Exception {
    WalArchiver archiver =
        new WalArchiver(
            ArchivedCluster.settings(),
            endpoint(port),
            repository,
            directory.resolve("spool"),
            new ArchiverLog(ArchivedCluster.NAME));
    Thread archiving = Thread.ofPlatform().start(archiver::run);
    try (PostgresSession session = PostgresSession.open(endpoint(port))) {
      sql(port, "CREATE TABLE kept AS SELECT i, md5(i::text) FROM generate_series(1, 10000) i");
      assertThat(
              new Backup(repository, session, data, BackupOptions.DEFAULT, BackupProgress.NONE)
                  .run()
                  .damagedPages())
          .isEmpty();
      sql(port, "INSERT INTO kept SELECT i, md5(i::text) FROM generate_series(1, 10000) i");
      Lsn written =
          session
              .first(
                  "SELECT pg_current_wal_lsn() AS lsn", row -> row.optionalLsn("lsn").orElseThrow())
              .orElseThrow();
      Awaitility.await().atMost(LIMIT).until(() -> archiver.status().durable().isAtLeast(written));
    } finally {
      archiver.close();
      archiving.join();
    }
    return ClusterContent.of(jdbc(port), "postgres", null);
  }

  private void restoreAndCompare(ClusterRepository repository, ClusterContent held)
      throws Exception {
    Restorer restorer = new Restorer(repository, PostgresBinaries.of(MAJOR), directory);
    RestorePlan plan = restorer.plan(RestoreRequest.LATEST);
    Path target = restorer.files(plan, "restored");
    int port = FreePort.find();
    try (WalFetcher fetcher =
            WalFetcher.open(repository, target, RestoreSettings.defaults()).orElseThrow();
        GenericContainer<?> restored = postgres(target, port)) {
      Thread fetching = Thread.ofVirtual().start(fetcher::run);
      restored.start();
      Awaitility.await().atMost(LIMIT).ignoreExceptions().until(() -> isPrimary(port));
      assertThat(ClusterContent.of(jdbc(port), "postgres", null).differences(held)).isEmpty();
      fetching.interrupt();
      fetching.join();
    }
  }

  /** As the owner of the directory, and with this machine's addresses and process ids. */
  private GenericContainer<?> postgres(Path data, int port) throws Exception {
    String owner =
        Files.getAttribute(data, "unix:uid") + ":" + Files.getAttribute(data, "unix:gid");
    return new GenericContainer<>(DockerImageName.parse("postgres:" + MAJOR))
        .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
        .withEnv("PGDATA", data.toString())
        .withFileSystemBind(directory.toString(), directory.toString(), BindMode.READ_WRITE)
        .withNetworkMode("host")
        .withCommand("postgres", "-p", "" + port)
        .withCreateContainerCmdModifier(
            command -> {
              command.withUser(owner);
              Objects.requireNonNull(command.getHostConfig()).withPidMode("host");
            })
        .waitingFor(Wait.forLogMessage(".*ready to accept .*connections.*", 1))
        .withStartupTimeout(LIMIT);
  }

  private static ObjectStore store(GenericContainer<?> server) {
    URI url = URI.create("http://" + server.getHost() + ":" + server.getMappedPort(S3_PORT));
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(url)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any")))
            .build()) {
      client.createBucket(create -> create.bucket("story"));
    }
    return S3Store.open(
        S3Settings.of(
            "story",
            "prefix",
            S3Endpoint.at(url, "us-east-1"),
            new S3Credentials.Keys("any", "any", null)));
  }

  private static ClusterIdentity identity(int port) {
    try (PostgresSession session = PostgresSession.open(endpoint(port))) {
      return ClusterIdentity.of(session, false);
    }
  }

  private static PostgresEndpoint endpoint(int port) {
    return PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", "postgres");
  }

  private static String jdbc(int port) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  private static void sql(int port, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbc(port), "postgres", null);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static boolean isPrimary(int port) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbc(port), "postgres", null);
        Statement statement = connection.createStatement();
        var row = statement.executeQuery("SELECT NOT pg_is_in_recovery()")) {
      return row.next() && row.getBoolean(1);
    }
  }
}
