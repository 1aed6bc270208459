package io.tidemark.walarchiver;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.Optional;

/**
 * How a cluster's archiving stands: a snapshot for metrics and status pages. Counters begin at 0
 * with the process.
 *
 * @param timeline being archived, empty before the first stream
 * @param received the address after the last byte received
 * @param durable the address after the last byte that is durable without a gap
 * @param serverEnd how far the server's WAL reached when it last said so
 * @param lastCommit latest commit or abort time in what is durable, since this process began
 * @param bytesPut of raw WAL, in segments and tails
 * @param gaps recorded
 * @param reconnects after a stream or a connection failed
 * @param putFailures tries of a put that failed
 * @param queuedBytes of memory held by received WAL that is not put yet, the open segment included
 * @param queueLimitBytes what that never exceeds
 * @param lastError the last that was told of, until archiving works again
 */
public record ArchiverStatus(
    State state,
    Optional<Timeline> timeline,
    Lsn received,
    Lsn durable,
    Lsn serverEnd,
    Optional<Instant> lastCommit,
    long bytesPut,
    long segmentsPut,
    long tailsPut,
    long gaps,
    long reconnects,
    long putFailures,
    long queuedBytes,
    long queueLimitBytes,
    Optional<TidemarkException> lastError) {

  /** What the archiver does just now. */
  public enum State {
    /** Not begun. */
    NEW,
    /** Another process archives this cluster. */
    WAITING_FOR_LEASE,
    /** Connecting, or waiting before the next try. */
    CONNECTING,
    STREAMING,
    /** Received WAL fills the buffer: the store is slower than the server, or does not answer. */
    STALLED,
    /** The server is not one from which WAL may be taken. */
    REFUSED,
    /** Ended. */
    STOPPED
  }
}
