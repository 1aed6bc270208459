package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationException;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SystemIdentity;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalMessage;
import io.tidemark.postgres.WalPageHeader;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSource;
import io.tidemark.postgres.WalStream;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a source still has the history that was applied. One that was put back to an earlier
 * state, or a standby that had not received everything when it was promoted, has another one from
 * some position on, and its slot does not tell: from beyond that position it sends changes of the
 * new history as if they followed the old one. So after each start of the server the commit record
 * of the last transaction that was applied is looked for in its WAL. One thread uses it.
 */
final class SourceHistory {
  private static final Logger LOG = LoggerFactory.getLogger(SourceHistory.class);
  private static final Timeline FIRST = new Timeline(1);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  private final FeedSpec spec;
  private final FeedLinks links;

  /** When the server was started that was looked at last. */
  private String started = "";

  /** Where the commit record ends that was found there; null: it was not looked for. */
  private @Nullable Lsn found;

  SourceHistory(FeedSpec spec, FeedLinks links) {
    this.spec = spec;
    this.links = links;
  }

  /**
   * Looks for the last commit, once for each start of the server.
   *
   * @return what is there instead; empty where it is there, or nothing can be said: no transaction
   *     was applied yet, or the server does not have that WAL any more
   */
  Optional<String> departure(FeedRow feed) {
    String start = links.decoded().value("SELECT pg_postmaster_start_time()::text").orElse("");
    if (start.equals(started)) {
      return Optional.empty();
    }
    found = null;
    Optional<String> other = feed.committed().flatMap(this::look);
    if (other.isEmpty()) {
      started = start;
    }
    return other;
  }

  /**
   * The feed, where it is to go on. Behind the last commit the target also counts WAL in which
   * there was nothing for it; in what the source has written there since it was put back, there may
   * be.
   */
  FeedRow resumed(PostgresSession target, FeedRole role) {
    SourceState state = spec.state();
    FeedRow feed = state.feed(target, role).orElseThrow();
    Lsn from =
        new FeedSlots(spec, links).find(role).map(slot -> from(feed, slot)).orElse(feed.applied());
    found = null;
    if (from.equals(feed.applied())) {
      return feed;
    }
    state.goBack(target, role, feed.applied(), from);
    return state.feed(target, role).orElseThrow();
  }

  private Lsn from(FeedRow feed, ReplicationSlotRow slot) {
    Lsn commit = feed.committed().isEmpty() ? feed.consistent() : found;
    if (commit == null) {
      return feed.applied();
    }
    // What the slot is confirmed to, this history has.
    Lsn known = Lsn.max(commit, slot.confirmedFlushLsn().orElse(Lsn.ZERO));
    return Lsn.min(known, feed.applied());
  }

  private Optional<String> look(Moment last) {
    try (ReplicationConnection connection = ReplicationConnection.openLogical(spec.decoded())) {
      return look(connection, last);
    } catch (ReplicationException e) {
      return switch (e.failure()) {
        case NOT_IN_HISTORY, AHEAD_OF_SERVER -> Optional.of(String.valueOf(e.getMessage()));
        case WAL_REMOVED -> {
          LOG.debug("{}: the WAL at {} is gone", spec.name(), last.commit(), e);
          yield Optional.empty();
        }
        default -> throw e;
      };
    } catch (WalInvalidException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> look(ReplicationConnection connection, Moment last) {
    SystemIdentity server = connection.identity();
    TimelineHistory history = history(connection, server.timeline());
    PostgresSession session = links.decoded();
    WalSource source =
        new WalSource(
            PostgresMajor.of(session.serverVersion().major()),
            server.systemId(),
            session.walSegmentSize(),
            history);
    Lsn at = last.commit();
    Lsn page = new Lsn(at.value() - at.value() % WalPageHeader.PAGE_BYTES);
    Finder finder = new Finder(source, page, at);
    WalStream stream = connection.startPhysical(Optional.empty(), page, history.timelineAt(page));
    return finder.read(stream).map(there -> compared(last, there)).orElse(missing(last));
  }

  private static TimelineHistory history(ReplicationConnection connection, Timeline timeline) {
    return timeline.equals(FIRST)
        ? TimelineHistory.root(timeline)
        : TimelineHistory.parse(timeline, connection.timelineHistory(timeline).content());
  }

  private Optional<String> compared(Moment last, WalEvent.TransactionEnd there) {
    // Of a replicated transaction the stream has the time of its origin.
    boolean same = there.committed() && (there.replicated() || there.time().equals(last.time()));
    if (!same) {
      return Optional.of(
          "the transaction at %s ended at %s there; applied was one of %s"
              .formatted(last.commit(), there.time(), last.time()));
    }
    found = there.end();
    return Optional.empty();
  }

  private static Optional<String> missing(Moment last) {
    return Optional.of(
        "no transaction ended at %s there; applied was one of %s"
            .formatted(last.commit(), last.time()));
  }

  /** Reads WAL up to a record. */
  private static final class Finder {
    private final WalScanner scanner;
    private final Lsn at;
    private WalEvent.@Nullable TransactionEnd event;

    Finder(WalSource source, Lsn page, Lsn at) {
      this.at = at;
      this.scanner = new WalScanner(source, page, this::see);
    }

    private void see(WalEvent seen) {
      if (seen instanceof WalEvent.TransactionEnd end && end.start().equals(at)) {
        event = end;
      }
    }

    private boolean isBeyond() {
      return event != null
          || scanner.lastRecordStart().filter(last -> last.isAtLeast(at)).isPresent();
    }

    /** The end of a transaction whose record begins there; empty: there is none. */
    Optional<WalEvent.TransactionEnd> read(WalStream stream) {
      long until = System.nanoTime() + LIMIT.toNanos();
      while (!isBeyond()) {
        WalMessage message = stream.poll(POLL);
        if (message instanceof WalMessage.WalData data) {
          scanner.feed(data.start(), data.data());
        } else if (message instanceof WalMessage.EndOfTimeline) {
          return Optional.empty();
        }
        if (System.nanoTime() - until > 0) {
          throw new TidemarkException(
              ErrorCode.TIMED_OUT,
              "the source has not sent its WAL at %s within %d s".formatted(at, LIMIT.toSeconds()),
              "look for a network or a disk that is slow; it is tried again");
        }
      }
      return Optional.ofNullable(event);
    }
  }
}
