package io.tidemark.replicamanager;

import io.tidemark.config.ReplicaKind;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.replicamanager.DirectoryView.Ours;
import io.tidemark.replicamanager.ReplicaDecision.CatchUpFromArchive;
import io.tidemark.replicamanager.ReplicaDecision.Nothing;
import io.tidemark.replicamanager.ReplicaDecision.Wait;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.util.Optional;

/** Where the WAL can come from that a replica misses while it does not stream. */
record Backlog(Observation seen, ReplicaPolicy policy) {

  ReplicaDecision of(Ours ours, RecoveryView recovery) {
    Lsn at = recovery.replayed().map(lsn -> Lsn.max(lsn, ours.position())).orElse(ours.position());
    return switch (seen.feed()) {
      case PrimaryView.NotUsed() -> fromArchive(at);
      case PrimaryView.Unknown(String why) -> new Wait("its upstream is not reached: " + why);
      case PrimaryView.Known feed -> behind(feed, at, recovery);
    };
  }

  private ReplicaDecision fromArchive(Lsn at) {
    return switch (seen.archive()) {
      case ArchiveView.Unknown(String why) -> new Wait("the repository is not reached: " + why);
      case ArchiveView.Known archive ->
          archive
              .wal()
              .newest()
              .flatMap(newest -> gap(archive, newest.history(), at, end(newest, at)))
              .map(this::rebuildOver)
              .orElseGet(() -> new Nothing("it is fed from the archive"));
    };
  }

  private static Lsn end(TimelineInventory newest, Lsn at) {
    return newest.frontier().map(frontier -> Lsn.max(frontier, at)).orElse(at);
  }

  private ReplicaDecision behind(PrimaryView.Known feed, Lsn at, RecoveryView recovery) {
    Lsn has = recovery.received().map(received -> Lsn.max(received, at)).orElse(at);
    Optional<Lsn> kept =
        seen.slot() instanceof SlotSight.Seen slot ? slot.restart() : Optional.empty();
    if (kept.isEmpty() || has.isAtLeast(kept.get())) {
      if (policy.kind() == ReplicaKind.DELAYED && isArchivedBeyond(feed.history(), at)) {
        // Its replay waits at a commit that came from the archive, and asks for no more until then.
        return new CatchUpFromArchive(
            "it waits out its delay with WAL from the archive, and streams where that ends");
      }
      if (recovery.holdsBack()) {
        return new Nothing(
            "it holds back what it has received; PostgreSQL connects it again when that is applied");
      }
      if (seen.slot() instanceof SlotSight.NotUsed) {
        return withoutSlot(at);
      }
      return new Wait(
          "it does not stream, and its upstream keeps the WAL for it: its log says what is in the"
              + " way, if it stays so");
    }
    return switch (seen.archive()) {
      case ArchiveView.Unknown(String why) ->
          new Wait(
              "it needs WAL that its upstream keeps no more, and the repository is not reached: "
                  + why);
      case ArchiveView.Known archive -> catchUp(archive, feed.history(), at, kept.get());
    };
  }

  /** Nobody knows what its upstream still has. What the archive will never have may be lost. */
  private ReplicaDecision withoutSlot(Lsn at) {
    ReplicaDecision decision = fromArchive(at);
    return decision instanceof Nothing
        ? new Wait("it does not stream: its log says what is in the way, if it stays so")
        : decision;
  }

  private boolean isArchivedBeyond(TimelineHistory history, Lsn at) {
    return seen.archive() instanceof ArchiveView.Known archive
        && archive.wal().reachableFrom(history, at).isAfter(at);
  }

  private ReplicaDecision catchUp(
      ArchiveView.Known archive, TimelineHistory history, Lsn at, Lsn kept) {
    Optional<WalGap> gap = gap(archive, history, at, kept);
    if (gap.isPresent()) {
      return rebuildOver(gap.get());
    }
    Lsn reachable = archive.wal().reachableFrom(history, at);
    String need = "it needs WAL from %s on, and its slot keeps it from %s on".formatted(at, kept);
    return reachable.isAtLeast(kept)
        ? new CatchUpFromArchive(need + "; the archive has what is between")
        : new Wait(need + "; the archive has come to " + reachable);
  }

  private static Optional<WalGap> gap(
      ArchiveView.Known archive, TimelineHistory history, Lsn at, Lsn to) {
    return archive.wal().firstGap(history, at, to).filter(gap -> isForGood(archive, gap));
  }

  /** A hole between segments may yet be filled; what is before the archive's beginning never. */
  private static boolean isForGood(ArchiveView.Known archive, WalGap gap) {
    return gap.isOnRecord()
        || archive
            .wal()
            .of(gap.timeline())
            .filter(line -> !line.stretches().isEmpty())
            .filter(line -> line.stretches().getFirst().from().isAtLeast(gap.to()))
            .isPresent();
  }

  private ReplicaDecision rebuildOver(WalGap gap) {
    return new Divergence(seen, policy)
        .rebuild(
            "it needs WAL that is nowhere any more: the archive has a gap from %s to %s"
                .formatted(gap.from(), gap.to()));
  }
}
