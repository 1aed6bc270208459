package io.tidemark.daemon;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupOptions;
import io.tidemark.backup.BackupProgress;
import io.tidemark.backup.BackupResult;
import io.tidemark.backup.DamagedPage;
import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.BackupSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes one full backup. */
@Command(
    name = "backup",
    description = {
      "Takes a full base backup now, in this process, on the server's machine.",
      "It is complete when the archive holds the WAL that it needs, so the daemon must be"
          + " archiving. An interrupted backup is gone on with: what is stored is not stored again."
    },
    footer = {
      "%nExamples:",
      "  tidemark backup main",
      "  tidemark backup main --parallel 4 --checkpoint fast --json"
    })
final class BackupCommand implements Callable<Integer> {
  private static final Duration WAL_LIMIT = Duration.ofMinutes(10);

  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Files read and compressed at once (default: backup.parallel).")
  int parallel;

  @Option(
      names = "--checkpoint",
      paramLabel = "HOW",
      description = "fast or spread (default: backup.checkpoint).")
  BackupSettings.Checkpoint[] checkpoint = {};

  /** What {@code --json} prints. */
  record Report(
      String cluster,
      BackupName label,
      Timeline timeline,
      Instant start,
      Instant stop,
      Lsn startLsn,
      Lsn stopLsn,
      boolean fromStandby,
      long files,
      long bytes,
      long storedBytes,
      long reusedBytes,
      Duration took,
      List<DamagedPage> damagedPages,
      List<String> leftOut) {}

  BackupCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    Output output = invocation.output();
    try (Wiring wiring = invocation.wiring(configuration);
        PostgresSession session = Wiring.backupSession(settings)) {
      if (ServerRules.needsSlot(settings)) {
        noteIfNobodyArchives(settings, output);
      }
      Report report = report(take(wiring, settings, session, output));
      output.result(report, () -> text(report));
      return 0;
    }
  }

  /** Then the backup would wait for its WAL in vain. */
  private static void noteIfNobodyArchives(ClusterSettings settings, Output output) {
    String slot = settings.archive().slot();
    try (PostgresSession session = Wiring.session(settings)) {
      boolean active =
          session.replicationSlots().stream()
              .filter(row -> row.name().toString().equals(slot))
              .anyMatch(ReplicationSlotRow::active);
      if (!active) {
        output.note(
            "slot %s is not active, so nothing archives now. A backup is complete when its WAL is"
                    .formatted(slot)
                + " archived: start the daemon within %s of the backup's end"
                    .formatted(Human.duration(WAL_LIMIT)));
      }
    }
  }

  private BackupResult take(
      Wiring wiring, ClusterSettings settings, PostgresSession session, Output output) {
    try (ProgressBar bar = output.progress("backup of " + cluster)) {
      return new Backup(
              wiring.repository(settings),
              session,
              dataDirectory(settings, session),
              options(settings),
              new Followed(bar))
          .run();
    }
  }

  /** Where the files of the server are that {@code session} is on. */
  static Path dataDirectory(ClusterSettings settings, PostgresSession session) {
    return settings
        .dataDirectory()
        .or(() -> session.setting("data_directory").map(Path::of))
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.POSTGRES_REFUSED,
                    "the server does not say where its data directory is",
                    "GRANT pg_read_all_settings TO \""
                        + settings.connection().user()
                        + "\"; or name it in data-directory"));
  }

  private BackupOptions options(ClusterSettings settings) {
    BackupSettings backup = settings.backup();
    return options(
        settings,
        parallel > 0 ? parallel : backup.parallel(),
        checkpoint.length > 0 ? checkpoint[0] : backup.checkpoint());
  }

  /** What the configuration asks for, but for two choices. */
  static BackupOptions options(
      ClusterSettings settings, int parallel, BackupSettings.Checkpoint checkpoint) {
    return new BackupOptions(
        Math.min(64, parallel),
        checkpoint == BackupSettings.Checkpoint.FAST,
        settings.backup().pageChecksums(),
        settings.backup().onDamage() == BackupSettings.OnDamage.FAIL,
        settings.archive().method() == ArchiveSettings.Method.PUSH,
        WAL_LIMIT,
        settings.backup().bandwidthLimitBytesPerSecond());
  }

  private Report report(BackupResult result) {
    var info = result.info();
    return new Report(
        cluster,
        info.name(),
        info.timeline(),
        info.startTime(),
        info.stopTime(),
        info.startLsn(),
        info.stopLsn(),
        info.fromStandby(),
        result.totals().files(),
        result.totals().bytes(),
        result.totals().storedBytes(),
        result.reusedBytes(),
        result.took(),
        result.damagedPages(),
        result.leftOut());
  }

  private static String text(Report report) {
    StringBuilder text =
        new StringBuilder(
            "backup %s is complete: %s in %d files, %s stored, in %s (%s)\n"
                .formatted(
                    report.label(),
                    Human.bytes(report.bytes()),
                    report.files(),
                    Human.bytes(report.storedBytes()),
                    Human.duration(report.took()),
                    Human.rate(report.bytes(), report.took())));
    text.append(
        "  timeline %s, %s to %s; restorable from %s on"
            .formatted(
                report.timeline(), report.startLsn(), report.stopLsn(), Human.time(report.stop())));
    if (report.reusedBytes() > 0) {
      text.append(
          "\n  %s were stored already by an interrupted run"
              .formatted(Human.bytes(report.reusedBytes())));
    }
    report
        .damagedPages()
        .forEach(
            page ->
                text.append(
                    "\n  DAMAGED page %d of %s: %s"
                        .formatted(page.block(), page.path(), page.reason())));
    report.leftOut().forEach(entry -> text.append("\n  left out: ").append(entry));
    return text.toString();
  }

  /** Shows a backup's progress. */
  private record Followed(ProgressBar bar) implements BackupProgress {
    @Override
    public void step(String what) {
      bar.step(what);
    }

    @Override
    public void listed(long files, long bytes) {
      bar.total(bytes);
    }

    @Override
    public void copied(long bytes) {
      bar.add(bytes);
    }
  }
}
