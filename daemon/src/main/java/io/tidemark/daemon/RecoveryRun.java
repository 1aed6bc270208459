package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.ConnectionSettings.SslMode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.postgres.Tls;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.Recovery;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.WalFetcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts a restored directory, stages WAL for it in this process, and proves what it reached. */
final class RecoveryRun {
  private final ClusterSettings cluster;
  private final ClusterRepository repository;
  private final RestorePlan plan;
  private final RestoreCommand asked;
  private final Output output;
  private final Path directory;

  RecoveryRun(
      ClusterSettings cluster,
      ClusterRepository repository,
      RestorePlan plan,
      RestoreCommand asked,
      Output output) {
    this.cluster = cluster;
    this.repository = repository;
    this.plan = plan;
    this.asked = asked;
    this.output = output;
    this.directory = asked.to.toAbsolutePath().normalize();
  }

  RestoreReport.Proof run(PostgresInstallation programs) {
    PostgresServer server = new PostgresServer(programs, directory);
    Optional<WalFetcher> fetcher = WalFetcher.open(repository, directory, cluster.restore());
    // Where another process stages WAL for this directory already, that one is as good.
    try (WalStaging staging = new WalStaging(fetcher);
        ProgressBar bar = output.progress("recovery of " + cluster.name())) {
      staging.begin(firstSegment());
      bar.total(plan.walBytes());
      RecoveryProof proof =
          new Recovery(server, this::session, plan, asked.action)
              .run(
                  options(),
                  directory.resolve("recovery.log"),
                  new ReplayProgress(bar, plan.backup().startLsn()));
      return RestoreReport.Proof.of(proof, server.isRunning() ? runningPort() : Optional.empty());
    }
  }

  private WalSegment firstSegment() {
    return WalSegment.containing(
        plan.backup().timeline(), plan.backup().startLsn(), repository.identity().walSegmentSize());
  }

  private Map<String, String> options() {
    return asked.port == null ? Map.of() : Map.of("port", asked.port.toString());
  }

  /** By the configured user, on this machine, encrypted if the server wants that. */
  private PostgresSession session() {
    int port =
        runningPort()
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.POSTGRES_UNREACHABLE,
                        "the restored server has not said yet on which port it listens",
                        ""));
    PostgresEndpoint primary = Wiring.primary(cluster);
    Tls tls = primary.tls();
    return PostgresSession.open(
        primary
            .withHosts(List.of(new HostPort("localhost", port)), PostgresEndpoint.Target.ANY)
            .withTls(new Tls(SslMode.PREFER, Optional.empty(), tls.certificate(), tls.key()))
            .withApplicationName("tidemark_restore"));
  }

  private Optional<Integer> runningPort() {
    try {
      return PostmasterPid.read(directory).flatMap(RecoveryRun::port);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          PostmasterPid.FILE_NAME + " in " + directory + " cannot be read: " + e,
          "run this as the directory's owner",
          e);
    }
  }

  private static Optional<Integer> port(PostmasterPid file) {
    return file.port().isPresent() ? Optional.of(file.port().getAsInt()) : Optional.empty();
  }
}
