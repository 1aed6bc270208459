package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegmentSize;
import java.util.List;
import java.util.Optional;

/**
 * Which WAL the archive holds: a snapshot, from which coverage is computed without I/O.
 *
 * @param segmentSize of the cluster
 * @param timelines in ascending order, only those of which something is archived
 * @param unknown keys among the archive's that are nothing of the format's, for verification
 */
public record WalInventory(
    WalSegmentSize segmentSize, List<TimelineInventory> timelines, List<String> unknown) {
  public WalInventory {
    timelines = List.copyOf(timelines);
    unknown = List.copyOf(unknown);
  }

  /**
   * One timeline's archived WAL.
   *
   * @param history its ancestry
   * @param stretches contiguous archived WAL, ascending; a new one begins after every gap. The end
   *     of the last reaches into the open segment as far as its tails do
   * @param gaps on record or found as holes, ascending
   */
  public record TimelineInventory(
      Timeline timeline, TimelineHistory history, List<Stretch> stretches, List<WalGap> gaps) {
    public TimelineInventory {
      stretches = List.copyOf(stretches);
      gaps = List.copyOf(gaps);
    }

    /** The address after the last archived byte, or empty if there is none. */
    public Optional<Lsn> frontier() {
      return stretches.isEmpty() ? Optional.empty() : Optional.of(stretches.getLast().to());
    }
  }

  /**
   * Contiguous WAL.
   *
   * @param from inclusive
   * @param to exclusive
   */
  public record Stretch(Lsn from, Lsn to) {}

  public Optional<TimelineInventory> of(Timeline timeline) {
    return timelines.stream().filter(t -> t.timeline().equals(timeline)).findFirst();
  }

  /** The newest timeline that the archive knows. */
  public Optional<TimelineInventory> newest() {
    return timelines.isEmpty() ? Optional.empty() : Optional.of(timelines.getLast());
  }

  /**
   * How far recovery along {@code history} can go without a gap when it begins at {@code from}: the
   * address after the last byte, following each switch; {@code from} itself where nothing is there.
   */
  public Lsn reachableFrom(TimelineHistory history, Lsn from) {
    throw new UnsupportedOperationException();
  }

  /** The first gap on the way along {@code history} from {@code from} to {@code to}, if any. */
  public Optional<WalGap> firstGap(TimelineHistory history, Lsn from, Lsn to) {
    throw new UnsupportedOperationException();
  }
}
