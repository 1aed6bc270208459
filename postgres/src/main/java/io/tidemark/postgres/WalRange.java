package io.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of one timeline's WAL.
 *
 * @param end exclusive
 */
public record WalRange(Timeline timeline, Lsn start, Lsn end) {
  public WalRange {
    if (end.isBefore(start)) {
      throw new IllegalArgumentException("WAL from " + start + " to " + end + " runs backwards");
    }
  }

  /**
   * What lies between two positions along {@code history}, newest timeline first, as
   * backup_manifest lists it ({@code AddWALInfoToBackupManifest} in backup_manifest.c).
   *
   * @param startTimeline on which {@code start} lies
   * @param end on the history's own timeline
   */
  public static List<WalRange> between(
      TimelineHistory history, Timeline startTimeline, Lsn start, Lsn end) {
    List<WalRange> ranges = new ArrayList<>();
    Lsn upTo = end;
    Timeline timeline = history.timeline();
    for (int i = history.switches().size() - 1; i >= 0; i--) {
      if (timeline.equals(startTimeline)) {
        break;
      }
      TimelineHistory.Switch fork = history.switches().get(i);
      ranges.add(new WalRange(timeline, fork.at(), upTo));
      upTo = fork.at();
      timeline = fork.from();
    }
    if (!timeline.equals(startTimeline)) {
      throw new IllegalArgumentException(
          "timeline " + startTimeline + " is not in the history of " + history.timeline());
    }
    ranges.add(new WalRange(timeline, start, upTo));
    return ranges;
  }
}
