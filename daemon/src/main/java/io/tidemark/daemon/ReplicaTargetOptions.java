package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.AdvanceTarget;
import java.time.ZoneId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Up to where to advance, as it is written on the command line. */
final class ReplicaTargetOptions {
  @Option(
      names = "--time",
      paramLabel = "T",
      description =
          "The last transaction that ended at or before a moment: '2026-11-20 15:02:12.5+01';"
              + " without zone in local time.")
  @Nullable String time;

  @Option(
      names = "--lsn",
      paramLabel = "L",
      description = "Everything that begins before a position, and nothing after: 0/3000148.")
  @Nullable String lsn;

  @Option(
      names = "--xid",
      paramLabel = "X",
      description = "The end of a transaction, and nothing after it.")
  @Nullable String xid;

  @Option(
      names = "--before-xid",
      paramLabel = "X",
      description =
          "Before a transaction, that of the accident: before its end, or where it locked tables,"
              + " before that, so that they can be read.")
  @Nullable String beforeXid;

  @Option(
      names = "--name",
      paramLabel = "N",
      description = "The next restore point of that name (pg_create_restore_point).")
  @Nullable String name;

  /**
   * The target.
   *
   * @param note gets what the operator should know of how it was read
   */
  AdvanceTarget target(Consumer<String> note) {
    if (time != null) {
      return new AdvanceTarget.AtTime(TargetTime.read(time, ZoneId.systemDefault(), note));
    }
    if (lsn != null) {
      return new AdvanceTarget.AtLsn(RestoreTargetOptions.lsn("--lsn", lsn));
    }
    if (xid != null) {
      return new AdvanceTarget.AtXid(RestoreTargetOptions.xid("--xid", xid));
    }
    if (beforeXid != null) {
      return new AdvanceTarget.BeforeXid(RestoreTargetOptions.xid("--before-xid", beforeXid));
    }
    if (name != null) {
      return new AdvanceTarget.AtName(name);
    }
    throw new TidemarkException(
        ErrorCode.USAGE,
        "found no target; expected one of --time, --lsn, --xid, --before-xid, --name",
        "`tidemark wal list` shows what happened when");
  }
}
