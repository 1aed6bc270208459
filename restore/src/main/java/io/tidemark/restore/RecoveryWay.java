package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.WalArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a fetcher must know of a recovery, kept beside the stage, so that one that is started later
 * knows it, too: {@code timeline 3 until 0/5000000}.
 *
 * @param timeline to which the recovery goes
 * @param until where a target lies before: the recovery needs nothing from there on, and does not
 *     end by missing it; empty where it goes to the end of the archive
 */
record RecoveryWay(Timeline timeline, Optional<Lsn> until) {
  private static final Pattern FORM =
      Pattern.compile("timeline ([0-9]+)(?: until ([0-9A-F]+/[0-9A-F]+))?\\s*");

  static RecoveryWay of(RestorePlan plan) {
    return new RecoveryWay(
        plan.history().timeline(),
        plan.recoveryTarget().isEmpty() ? Optional.empty() : Optional.of(plan.frontier()));
  }

  /** Keeps it for the fetchers of a data directory. */
  void write(Path dataDirectory) {
    try {
      WalStage.of(dataDirectory)
          .keepWay("timeline " + timeline + until.map(lsn -> " until " + lsn).orElse("") + "\n");
    } catch (IOException e) {
      throw TargetDirectory.cannot("prepare WAL for", dataDirectory, e);
    }
  }

  /** Reads what was kept; empty for a standby, which follows the newest timeline. */
  static Optional<RecoveryWay> read(WalStage stage) throws IOException {
    return stage.way().map(RecoveryWay::parse);
  }

  private static RecoveryWay parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "pg_wal/tidemark/way holds '" + text.strip() + "', which no restore has written",
          "restore again with --delta");
    }
    return new RecoveryWay(
        new Timeline(Integer.parseUnsignedInt(form.group(1))),
        Optional.ofNullable(form.group(2)).map(Lsn::parse));
  }

  /** The timelines along which it goes. */
  TimelineHistory history(WalArchive archive) {
    return archive
        .history(timeline)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.OBJECT_MISSING,
                    "the archive has no history of timeline " + timeline,
                    "it was there when the restore was planned: who removed it?"));
  }
}
