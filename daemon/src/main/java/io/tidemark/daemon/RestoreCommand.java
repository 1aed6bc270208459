package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Restores a cluster into a directory. */
@Command(
    name = "restore",
    description = {
      "Restores a cluster into a directory, from the best backup and the WAL after it. Without a"
          + " target to the end of the archive.",
      "Plans first and prints the plan; refuses what cannot succeed and says what can. With"
          + " --start it starts PostgreSQL, follows recovery, and proves what it reached. The"
          + " directory must be empty or missing, or with --delta of the same cluster and not in"
          + " use."
    },
    footer = {
      "%nExamples:",
      "  tidemark restore main --to /srv/restored --plan",
      "  tidemark restore main --to /srv/restored --time '2026-11-20 15:02:12+01' --start --port"
          + " 5440",
      "  tidemark restore main --to /srv/restored --xid 80321 --exclusive --action pause --start",
      "  tidemark restore main --to /srv/pg --delta --tablespace-map /mnt/old=/mnt/new"
    })
final class RestoreCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description = "The data directory to make.")
  Path to = Path.of("/nonexistent");

  @ArgGroup(exclusive = true, multiplicity = "0..1", heading = "%nTarget, one of:%n")
  RestoreTargetOptions target = new RestoreTargetOptions();

  @Option(
      names = "--exclusive",
      description = "Stop just before the target instead of just after it (time, LSN, xid).")
  boolean exclusive;

  @Option(
      names = "--timeline",
      paramLabel = "WHICH",
      defaultValue = "latest",
      description =
          "latest (default: the newest in the archive), current (the backup's), or a number.")
  String timeline = "latest";

  @Option(
      names = "--backup",
      paramLabel = "LABEL",
      description = "Begin with this backup (default: the newest that leads there).")
  @Nullable String backup;

  @Option(
      names = "--tablespace-map",
      paramLabel = "OLD=NEW",
      description = "Put the tablespace at OLD in the backup into NEW. Once for each.")
  Map<Path, Path> tablespaces = new LinkedHashMap<>();

  @Option(
      names = "--allow-tablespace-creation",
      description = {
        "Restore also where replay makes a tablespace in a directory of this machine that is not"
            + " empty. Only if nothing else uses that directory."
      })
  boolean tablespaceCreation;

  @Option(
      names = "--delta",
      description = "Keep what is right in the directory, replace or remove the rest.")
  boolean delta;

  @Option(names = "--plan", description = "Print the plan, and stop there.")
  boolean planOnly;

  @Option(
      names = "--start",
      description = "Start PostgreSQL there, follow recovery, and prove what was reached.")
  boolean start;

  @Option(
      names = "--port",
      paramLabel = "P",
      description = "With --start: the server's port (default: as in its configuration).")
  @Nullable Integer port;

  @Option(
      names = "--bin-directory",
      paramLabel = "DIR",
      description = "With --start: where postgres and pg_ctl of its version are.")
  @Nullable Path binDirectory;

  @Option(
      names = "--action",
      paramLabel = "WHAT",
      description = "At the target: promote (default), pause or shutdown.")
  TargetAction action = TargetAction.PROMOTE;

  @Option(
      names = "--archive-mode",
      paramLabel = "WHAT",
      description =
          "off (default): the restored server does not archive; preserve: as it did, for one that"
              + " takes the original's place.")
  Archiving archiving = Archiving.OFF;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Packs fetched and written at once (default: restore.parallel).")
  @Nullable Integer parallel;

  @Option(
      names = "--owner",
      paramLabel = "USER",
      description =
          "Who is to own the files, as root (default: the directory's owner, or postgres).")
  @Nullable String owner;

  RestoreCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    requireConsistent();
    try (Wiring wiring = invocation.wiring(configuration)) {
      new RestoreRun(wiring, settings, this, invocation).run();
      return 0;
    }
  }

  private void requireConsistent() {
    refuse(
        exclusive && !target.canBeExclusive(),
        "--exclusive goes with --time, --lsn or --xid",
        "leave it out, or name such a target");
    refuse(
        action != TargetAction.PROMOTE && target.isNone(),
        "--action %s was found without a target; PostgreSQL promotes at the end of the archive"
            .formatted(action.name().toLowerCase(java.util.Locale.ROOT)),
        "name a target, or leave --action out");
    refuse(
        port != null && (!start || port < 1 || port > 65_535),
        "--port found " + port + "; expected 1 to 65535, with --start",
        "");
    refuse(
        parallel != null && (parallel < 1 || parallel > 64),
        "--parallel found " + parallel + "; expected 1 to 64",
        "");
  }

  private static void refuse(boolean wrong, String found, String hint) {
    if (wrong) {
      throw new TidemarkException(ErrorCode.USAGE, found, hint);
    }
  }

  Optional<Path> binDirectory() {
    return Optional.ofNullable(binDirectory);
  }
}
