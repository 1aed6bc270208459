package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import io.tidemark.restore.RestoreTarget;
import io.tidemark.restore.TimelineChoice;
import java.time.ZoneId;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Up to where to restore, as it is written on the command line. */
final class RestoreTargetOptions {
  @Option(
      names = "--time",
      paramLabel = "T",
      description =
          "The last transaction that ended at or before a moment: '2026-11-20 15:02:12.5+01';"
              + " without zone in local time.")
  @Nullable String time;

  @Option(names = "--lsn", paramLabel = "L", description = "A position in the WAL: 0/3000148.")
  @Nullable String lsn;

  @Option(names = "--xid", paramLabel = "X", description = "The end of a transaction.")
  @Nullable String xid;

  @Option(
      names = "--name",
      paramLabel = "N",
      description = "The newest restore point of that name (pg_create_restore_point).")
  @Nullable String name;

  @Option(names = "--immediate", description = "Only as far as the backup needs to be consistent.")
  boolean immediate;

  boolean isNone() {
    return time == null && lsn == null && xid == null && name == null && !immediate;
  }

  boolean canBeExclusive() {
    return time != null || lsn != null || xid != null;
  }

  /**
   * The target.
   *
   * @param note gets what the operator should know of how it was read
   */
  RestoreTarget target(Consumer<String> note) {
    if (time != null) {
      return new RestoreTarget.AtTime(TargetTime.read(time, ZoneId.systemDefault(), note));
    }
    if (lsn != null) {
      return new RestoreTarget.AtLsn(lsn("--lsn", lsn));
    }
    if (xid != null) {
      return new RestoreTarget.AtXid(xid("--xid", xid));
    }
    if (name != null) {
      return new RestoreTarget.AtName(name);
    }
    return immediate ? new RestoreTarget.Immediate() : new RestoreTarget.EndOfArchive();
  }

  static Lsn lsn(String option, String text) {
    return read(option, text, "an LSN such as 0/3000148", Lsn::parse);
  }

  /** A transaction's ID, as it stands in WAL. */
  static long xid(String option, String text) {
    return read(option, text, "a transaction ID such as 80321", RestoreTargetOptions::xid);
  }

  static TimelineChoice timeline(String text) {
    return switch (text) {
      case "latest" -> new TimelineChoice.Latest();
      case "current" -> new TimelineChoice.OfBackup();
      default ->
          new TimelineChoice.Given(
              read(
                  "--timeline",
                  text,
                  "latest, current or a number",
                  number -> new Timeline(Integer.parseInt(number))));
    };
  }

  static BackupName backup(String text) {
    return read("--backup", text, "a label as `tidemark status` lists it", BackupName::new);
  }

  private static long xid(String text) {
    long full = Long.parseUnsignedLong(text);
    // What pg_current_xact_id() shows also counts the wraparounds; WAL does not.
    long inWal = full & 0xFFFF_FFFFL;
    if (inWal < 3) {
      throw new IllegalArgumentException("PostgreSQL's own");
    }
    return inWal;
  }

  private static <T> T read(
      String option, String text, String expected, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE, option + " found '" + text + "'; expected " + expected, "", e);
    }
  }
}
