package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.ArchiveTargetFinder;
import io.tidemark.restore.FirstWal;
import io.tidemark.restore.Restore;
import io.tidemark.restore.RestoreOptions;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestorePlanner;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.RestoredFiles;
import io.tidemark.restore.TargetFinder;
import io.tidemark.restore.WalGet;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One restore: plans, writes the directory, and lets it recover if asked to. */
final class RestoreRun {
  /** How long restore_command waits for an answer before it aborts recovery. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final ClusterSettings cluster;
  private final RestoreCommand asked;
  private final Invocation invocation;
  private final Output output;
  private final ClusterRepository repository;
  private final Path directory;

  RestoreRun(Wiring wiring, ClusterSettings cluster, RestoreCommand asked, Invocation invocation) {
    this.cluster = cluster;
    this.asked = asked;
    this.invocation = invocation;
    this.output = invocation.output();
    this.repository = wiring.repository(cluster);
    this.directory = asked.to.toAbsolutePath().normalize();
  }

  void run() {
    WalInventory inventory = repository.wal().inventory();
    TargetFinder finder = new ArchiveTargetFinder(repository.search(inventory));
    RestorePlan plan =
        new RestorePlanner(
                completed(), inventory, finder, cluster.archive().acknowledgesStoredOnly())
            .plan(request());
    Optional<Instant> last =
        finder.lastEnd(plan.history(), plan.backup().startLsn()).map(TargetFinder.Found::at);
    RestoreReport.Plan shown = RestoreReport.Plan.of(plan, last);
    String text = RestoreText.plan(cluster.name(), directory, shown);
    if (asked.planOnly) {
      output.result(report(shown, Optional.empty(), Optional.empty()), () -> text);
      return;
    }
    output.say(text);
    // All that can be missing is looked for before anything is written.
    WalGet walGet = walGet();
    Optional<PostgresInstallation> programs = programs(plan);
    RestoreReport.Files files = write(plan, walGet);
    output.say(RestoreText.files(files));
    if (!asked.start) {
      output.result(
          report(shown, Optional.of(files), Optional.empty()),
          () -> RestoreText.howToStart(directory, pgCtl(programs)));
      return;
    }
    RestoreReport.Proof proof =
        new RecoveryRun(cluster, repository, plan, asked, output).run(programs.orElseThrow());
    output.result(
        report(shown, Optional.of(files), Optional.of(proof)),
        () -> RestoreText.proof(shown, proof));
  }

  private List<Completed> completed() {
    return repository.backups().list().stream()
        .filter(Completed.class::isInstance)
        .map(Completed.class::cast)
        .toList();
  }

  private RestoreRequest request() {
    return new RestoreRequest(
        asked.target.target(output::note),
        asked.exclusive,
        RestoreTargetOptions.timeline(asked.timeline),
        Optional.ofNullable(asked.backup).map(RestoreTargetOptions::backup));
  }

  private WalGet walGet() {
    return new WalGet(
        Invocation.launcher(),
        invocation.config.toAbsolutePath().normalize(),
        cluster.name(),
        WalGet.Mode.RESTORE,
        PATIENCE);
  }

  /** Needed to start the server; without that only for the instructions. */
  private Optional<PostgresInstallation> programs(RestorePlan plan) {
    try {
      return Optional.of(
          Wiring.installation(cluster, asked.binDirectory(), plan.backup().postgresMajor()));
    } catch (TidemarkException e) {
      if (asked.start || e.code() != ErrorCode.SOFTWARE_MISSING) {
        throw e;
      }
      output.note(e.explain());
      return Optional.empty();
    }
  }

  private static String pgCtl(Optional<PostgresInstallation> programs) {
    return programs
        .map(found -> found.binDirectory().resolve("pg_ctl").toString())
        .orElse("pg_ctl");
  }

  private RestoreReport.Files write(RestorePlan plan, WalGet walGet) {
    Instant began = Instant.now();
    RestoreOptions options =
        new RestoreOptions(
            directory,
            asked.delta,
            asked.tablespaces,
            Optional.ofNullable(asked.parallel).orElse(cluster.restore().parallel()),
            Optional.ofNullable(asked.owner),
            asked.action,
            asked.tablespaceCreation,
            asked.archiving);
    try (ProgressBar bar = output.progress("restore of " + cluster.name())) {
      RestoredFiles files =
          new Restore(repository, options, new FilesProgress(bar))
              .run(plan, target -> prepareWal(plan, walGet, target, bar));
      return new RestoreReport.Files(
          files.files(),
          files.bytes(),
          files.reusedBytes(),
          files.removedFiles(),
          Duration.between(began, Instant.now()));
    }
  }

  /** A recovery in this process begins to stage by itself, while the server starts. */
  private String prepareWal(RestorePlan plan, WalGet walGet, Path target, ProgressBar bar) {
    String command = walGet.install(target);
    if (!asked.start) {
      bar.step("staging the first WAL");
      FirstWal.stage(repository, plan, target, cluster.restore());
    }
    return command;
  }

  private RestoreReport report(
      RestoreReport.Plan plan,
      Optional<RestoreReport.Files> files,
      Optional<RestoreReport.Proof> proof) {
    return new RestoreReport(cluster.name(), directory, plan, files, proof);
  }
}
