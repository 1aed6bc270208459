package io.tidemark.walarchiver;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalGap;
import java.time.Duration;

/** What happened to a cluster's archiving, in the order in which it did for each thread. */
public sealed interface ArchiverEvent {
  /** Another process archives this cluster; it is asked again. */
  record WaitingForLease(TidemarkException reason, Duration retryIn) implements ArchiverEvent {}

  /** The slot was made. {@code replaced}: it was there, and had lost its WAL. */
  record SlotMade(SlotName slot, boolean replaced, Lsn restart) implements ArchiverEvent {}

  /** Streaming began; everything before {@code durable} is archived. */
  record Streaming(Timeline timeline, Lsn from, Lsn durable) implements ArchiverEvent {}

  record SegmentPut(WalSegment segment) implements ArchiverEvent {}

  record TailPut(WalSegment segment, Lsn from, Lsn to) implements ArchiverEvent {}

  /** This position is about to be reported to the server as flushed. */
  record Acknowledging(Lsn flushed) implements ArchiverEvent {}

  /** The server went on to another timeline; everything of the old one is durable. */
  record TimelineEnded(Timeline ended, Timeline next, Lsn at) implements ArchiverEvent {}

  /** WAL is lost to the archive. A new backup is needed. */
  record GapRecorded(WalGap gap) implements ArchiverEvent {}

  /** A put failed and will be tried again. */
  record PutFailed(String what, TidemarkException reason, Duration retryIn)
      implements ArchiverEvent {}

  /** A put that had failed went through. */
  record PutRecovered(String what) implements ArchiverEvent {}

  /** The spool's disk failed; positions are acknowledged only when they are in the repository. */
  record SpoolFailed(TidemarkException reason) implements ArchiverEvent {}

  record SpoolRecovered() implements ArchiverEvent {}

  /** The connection or the stream ended; it will be made again. */
  record Disconnected(TidemarkException reason, Duration retryIn) implements ArchiverEvent {}

  /** Nothing can be taken from this server. It is asked again, in case it is another by then. */
  record Refused(TidemarkException reason, Duration retryIn) implements ArchiverEvent {}

  /** Archiving ended at the request of this process. */
  record Stopped(Lsn durable, Lsn received) implements ArchiverEvent {}
}
