package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.WalGap;
import io.tidemark.walarchiver.ArchiveView.End;
import io.tidemark.walarchiver.ServerView.SlotView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where archiving begins, decided from what the archive holds and what the server is; no I/O. What
 * it refuses protects promise 5: WAL of another cluster, of an old primary that came back, or of a
 * server that was put back in time never gets among what is archived.
 */
final class StartRules {
  private StartRules() {}

  /** What to do first with this server. */
  static Start decide(ClusterIdentity identity, ArchiveView archive, ServerView server) {
    Optional<Start> refusal = refusal(identity, archive, server);
    return refusal.orElseGet(
        () ->
            switch (server.slot()) {
              case SlotView.Missing() -> new Start.MakeSlot(false);
              case SlotView.Lost() -> new Start.MakeSlot(true);
              case SlotView.Holding(Lsn restart) -> where(archive, server, restart);
            });
  }

  /**
   * What to do where the server no longer had the WAL at {@code tried}.
   *
   * @param server as it is now
   */
  static Start afterRemoval(
      Start.Stream tried, ArchiveView archive, ServerView server, Instant now) {
    if (!(server.slot() instanceof SlotView.Holding(Lsn restart))) {
      return new Start.MakeSlot(server.slot() instanceof SlotView.Lost);
    }
    Lsn available = segment(server, restart).start();
    if (!available.isAfter(tried.from())) {
      // The slot promises what the server says is gone: it was invalidated and set again.
      return new Start.MakeSlot(true);
    }
    Lsn hole = archive.end(tried.timeline()).map(End::holeEnd).orElse(tried.durable());
    Lsn to = hole.isAfter(tried.durable()) ? Lsn.min(hole, available) : available;
    return new Start.RecordGaps(gaps(server.history(), tried.timeline(), tried.durable(), to, now));
  }

  /** The missing stretch on each timeline of the way, in order. */
  static List<WalGap> gaps(
      TimelineHistory history, Timeline timeline, Lsn from, Lsn to, Instant now) {
    List<WalGap> gaps = new ArrayList<>();
    Lsn begin = from;
    for (Switch ancestor : history.switches()) {
      if (ancestor.from().compareTo(timeline) >= 0) {
        Lsn end = Lsn.min(to, ancestor.at());
        addGap(gaps, ancestor.from(), begin, end, now);
        begin = Lsn.max(begin, end);
      }
    }
    addGap(gaps, history.timeline(), begin, to, now);
    return gaps;
  }

  private static void addGap(List<WalGap> gaps, Timeline timeline, Lsn from, Lsn to, Instant now) {
    if (from.isBefore(to)) {
      gaps.add(
          new WalGap(timeline, from, to, now, "the primary removed it before it was archived"));
    }
  }

  private static Optional<Start> refusal(
      ClusterIdentity identity, ArchiveView archive, ServerView server) {
    if (!identity.systemId().equals(server.systemId())) {
      return refuse(
          ErrorCode.WRONG_CLUSTER,
          "the server's system identifier is %s, the repository's cluster has %s"
              .formatted(server.systemId(), identity.systemId()),
          "Point the connection at the right server, or give this one a cluster of its own");
    }
    if (!identity.walSegmentSize().equals(server.segmentSize())) {
      return refuse(
          ErrorCode.WRONG_CLUSTER,
          "the server's WAL segments have %d bytes, the archived ones %d"
              .formatted(server.segmentSize().bytes(), identity.walSegmentSize().bytes()),
          "Give the server a cluster of its own in the repository");
    }
    return stale(archive, server);
  }

  private static Optional<Start> stale(ArchiveView archive, ServerView server) {
    if (!archive.ends().isEmpty() && archive.ends().lastKey().compareTo(server.timeline()) > 0) {
      return refuse(
          ErrorCode.SERVER_BEHIND,
          "the server is on timeline %s, the archive has timeline %s already"
              .formatted(server.timeline(), archive.ends().lastKey()),
          "An old primary that came back? Connect to the current one; nothing was archived");
    }
    Lsn frontier = archive.end(server.timeline()).map(End::furthest).orElse(Lsn.ZERO);
    if (server.flushed().isBefore(frontier)) {
      return refuse(
          ErrorCode.SERVER_BEHIND,
          "the server's WAL ends at %s of timeline %s, the archive's at %s"
              .formatted(server.flushed(), server.timeline(), frontier),
          "A server put back by a snapshot? Promote it, so that it gets a timeline of its own;"
              + " nothing was archived");
    }
    return Optional.empty();
  }

  private static Optional<Start> refuse(ErrorCode code, String found, String hint) {
    return Optional.of(new Start.Refuse(code, found, hint));
  }

  /** The end of the archive along the server's own history; where there is none, the slot. */
  private static Start where(ArchiveView archive, ServerView server, Lsn restart) {
    TimelineHistory history = server.history();
    Optional<End> current = archive.end(server.timeline());
    if (current.isPresent()) {
      return from(server, server.timeline(), current.get().gapless());
    }
    Timeline next = server.timeline();
    for (Switch ancestor : history.switches().reversed()) {
      Optional<End> end = archive.end(ancestor.from());
      if (end.isPresent()) {
        return end.get().gapless().isBefore(ancestor.at())
            ? from(server, ancestor.from(), end.get().gapless())
            : from(server, next, ancestor.at());
      }
      next = ancestor.from();
    }
    WalSegment first = segment(server, restart);
    return new Start.Stream(first.timeline(), first.start(), first.start(), false);
  }

  private static Start from(ServerView server, Timeline timeline, Lsn durable) {
    Lsn start = WalSegment.containing(timeline, durable, server.segmentSize()).start();
    return new Start.Stream(timeline, start, durable, true);
  }

  private static WalSegment segment(ServerView server, Lsn lsn) {
    return WalSegment.containing(server.history().timelineAt(lsn), lsn, server.segmentSize());
  }
}
