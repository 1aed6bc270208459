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
 * @param remarks what does not belong there, or is missing or damaged without hiding the rest: a
 *     sentence each, for verification
 */
public record WalInventory(
    WalSegmentSize segmentSize, List<TimelineInventory> timelines, List<String> remarks) {
  public WalInventory {
    timelines = List.copyOf(timelines);
    remarks = List.copyOf(remarks);
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
    return new WalWay(this, history).reachableFrom(from);
  }

  /**
   * The first gap on the way along {@code history} from {@code from} to {@code to}, if any. That
   * the archive merely ends before {@code to} is none: its end may move on.
   */
  public Optional<WalGap> firstGap(TimelineHistory history, Lsn from, Lsn to) {
    return new WalWay(this, history).firstGap(from, to);
  }
}
