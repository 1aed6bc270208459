package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * WAL that a stopped standby has received and not replayed, from beyond the point where its primary
 * left that timeline. It would replay that first, and could not follow any more.
 */
final class LeftWal {
  private final TimelineHistory history;
  private final WalSegmentSize size;

  LeftWal(TimelineHistory history, WalSegmentSize size) {
    this.history = history;
    this.size = size;
  }

  /** Along the timelines of a primary. */
  static LeftWal of(PostgresEndpoint primary, WalSegmentSize size) {
    try (ReplicationConnection connection = ReplicationConnection.open(primary)) {
      Timeline timeline = connection.identity().timeline();
      return new LeftWal(
          timeline.id() == 1
              ? TimelineHistory.root(timeline)
              : TimelineHistory.parse(timeline, connection.timelineHistory(timeline).content()),
          size);
    }
  }

  /** Removes it. The segment in which a timeline was left goes, too: it is to be had again. */
  void removeFrom(Path dataDirectory) {
    Path wal = dataDirectory.resolve("pg_wal");
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(wal, file -> WalSegment.isName(file.getFileName().toString()))) {
      for (Path file : files) {
        if (isLeft(WalSegment.parse(file.getFileName().toString(), size))) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, wal + " cannot be cleared: " + e, "Check its permissions.", e);
    }
  }

  boolean isLeft(WalSegment segment) {
    return !segment.timeline().equals(history.timeline())
        && history.switches().stream()
            .filter(change -> change.from().equals(segment.timeline()))
            .noneMatch(change -> !segment.end().isAfter(change.at()));
  }
}
