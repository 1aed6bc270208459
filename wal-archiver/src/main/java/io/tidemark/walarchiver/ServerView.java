package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegmentSize;

/**
 * A server as it was just found, as far as it decides what may be taken from it.
 *
 * @param history of the timeline that the server is on
 * @param flushed how far its WAL reaches
 */
record ServerView(
    SystemId systemId,
    WalSegmentSize segmentSize,
    TimelineHistory history,
    Lsn flushed,
    SlotView slot) {

  /** Our replication slot on it. */
  sealed interface SlotView {
    /** There is none of that name. */
    record Missing() implements SlotView {}

    /** There is one, and it holds nothing back: never reserved, or its WAL was removed. */
    record Lost() implements SlotView {}

    /**
     * It holds back WAL.
     *
     * @param restart the server keeps the segment that contains it, and all later ones
     */
    record Holding(Lsn restart) implements SlotView {}
  }

  Timeline timeline() {
    return history.timeline();
  }
}
