package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What PostgreSQL hands to archive_command, told by the file's name. */
sealed interface PushedFile {
  Pattern HISTORY = Pattern.compile("[0-9A-F]{8}\\.history");
  Pattern PARTIAL = Pattern.compile("[0-9A-F]{24}\\.partial");
  Pattern BACKUP = Pattern.compile("[0-9A-F]{24}\\.[0-9A-F]{8}\\.backup");

  /** A complete segment. */
  record Segment(WalSegment segment) implements PushedFile {}

  /** The last segment of a timeline that was left, as far as it had come. */
  record Partial(WalSegment segment) implements PushedFile {}

  record History(Timeline timeline) implements PushedFile {}

  /** Remarks on a backup, which the repository's own manifests replace. */
  record BackupHistory() implements PushedFile {}

  /** Tells what a file is. Throws POSTGRES_DATA_INVALID for any other name. */
  static PushedFile of(String name, WalSegmentSize size) {
    try {
      if (WalSegment.isName(name)) {
        return new Segment(WalSegment.parse(name, size));
      }
      if (PARTIAL.matcher(name).matches()) {
        return new Partial(WalSegment.parse(name.substring(0, 24), size));
      }
      if (HISTORY.matcher(name).matches()) {
        return new History(Timeline.parseHex(name.substring(0, 8)));
      }
    } catch (IllegalArgumentException e) {
      throw unknown(name, e.getMessage());
    }
    if (BACKUP.matcher(name).matches()) {
      return new BackupHistory();
    }
    throw unknown(name, "no such name");
  }

  private static TidemarkException unknown(String name, @Nullable String why) {
    return new TidemarkException(
        ErrorCode.POSTGRES_DATA_INVALID,
        "found the file name '"
            + name
            + "' ("
            + why
            + "); expected a WAL segment, a .partial, a .history or a .backup file",
        "archive_command must be: tidemark wal-push %p");
  }
}
