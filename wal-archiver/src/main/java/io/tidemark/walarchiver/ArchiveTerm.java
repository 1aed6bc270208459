package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationException;
import io.tidemark.postgres.ReplicationFailure;
import io.tidemark.postgres.SlotPosition;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSource;
import io.tidemark.postgres.WalStream;
import io.tidemark.repository.WalArchive;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one process archives while it holds the lease: it knows where the archive ends, and connects
 * as often as it is told to. One thread owns it.
 */
final class ArchiveTerm implements AutoCloseable {
  private final ArchiverContext context;
  private final ArchiveLease lease;
  private final WalArchive archive;
  private final ArchiverState state;
  private final ArchiverListener listener;
  private final CloseRequest closing;
  private final Optional<SpoolDrain> backlog;
  private final Tidying tidying;
  private ArchiveView view;
  private @Nullable TimelineHistory archivedHistory;
  private volatile @Nullable ReplicationConnection connection;

  private ArchiveTerm(ArchiverContext context, ArchiveLease lease) {
    this.context = context;
    this.lease = lease;
    this.archive = context.archive();
    this.state = context.state();
    this.listener = context.listener();
    this.closing = context.closing();
    this.view = ArchiveView.of(archive.inventory());
    this.backlog = context.spool().map(spool -> new SpoolDrain(context, spool));
    this.tidying = Tidying.start(context.name(), archive);
  }

  /** Puts what an earlier one left in the spool, and looks at where the archive ends. */
  static ArchiveTerm begin(ArchiverContext context, ArchiveLease lease) {
    context.spool().ifPresent(spool -> new SpoolReplay(spool, context.repository()).run());
    return new ArchiveTerm(context, lease);
  }

  /** For any thread: whatever waits for the server ends. */
  void disconnect() {
    ReplicationConnection open = connection;
    if (open != null) {
      open.close();
    }
  }

  /** Gives up what is under way. */
  @Override
  public void close() {
    tidying.close();
    backlog.ifPresent(SpoolDrain::close);
  }

  /** One connection, from its beginning to its end. */
  void connectAndStream() {
    state.state = State.CONNECTING;
    try (ReplicationConnection open = ReplicationConnection.open(context.server())) {
      connection = open;
      ServerProbe probe = new ServerProbe(open, context.slot());
      Start start = decide(probe);
      for (int slotsMade = 0; !closing.isMade(); start = act(probe, start)) {
        slotsMade += start instanceof Start.MakeSlot ? 1 : 0;
        if (slotsMade > 2) {
          throw slotLosesWal();
        }
      }
    } finally {
      connection = null;
    }
  }

  private Start decide(ServerProbe probe) {
    return StartRules.decide(context.repository().identity(), view, probe.look());
  }

  private Start act(ServerProbe probe, Start start) {
    lease.requireHeld();
    return switch (start) {
      case Start.Refuse(ErrorCode code, String found, String hint) ->
          throw new TidemarkException(code, found, hint);
      case Start.MakeSlot(boolean replace) -> makeSlot(probe, replace);
      case Start.RecordGaps gaps -> record(probe, gaps);
      case Start.Stream stream -> stream(probe, stream);
    };
  }

  private Start makeSlot(ServerProbe probe, boolean replace) {
    SlotPosition made = probe.makeSlot(replace);
    made.restart()
        .ifPresent(
            restart -> listener.on(new ArchiverEvent.SlotMade(context.slot(), replace, restart)));
    return decide(probe);
  }

  private Start record(ServerProbe probe, Start.RecordGaps lost) {
    if (context.settings().walRemoved() == WalRemoved.STOP) {
      throw new TidemarkException(
          ErrorCode.SLOT_UNUSABLE,
          "the server has removed WAL before it was archived, from %s to %s of timeline %s"
              .formatted(
                  lost.gaps().getFirst().from(),
                  lost.gaps().getLast().to(),
                  lost.gaps().getFirst().timeline()),
          "archive.wal-removed is stop. Set it to gap to go on behind the gap, and take a backup");
    }
    lost.gaps().forEach(archive::recordGap);
    state.gaps.addAndGet(lost.gaps().size());
    lost.gaps().forEach(gap -> listener.on(new ArchiverEvent.GapRecorded(gap)));
    view = ArchiveView.of(archive.inventory()).withGaps(lost.gaps());
    return decide(probe);
  }

  private Start stream(ServerProbe probe, Start.Stream start) {
    ServerView found = probe.look();
    putHistories(probe, found.history());
    WalSource source =
        new WalSource(
            probe.major(),
            found.systemId(),
            found.segmentSize(),
            Histories.of(start.timeline(), found.history()));
    try {
      WalStream stream =
          probe
              .connection()
              .startPhysical(Optional.of(context.slot()), start.from(), start.timeline());
      if (!follow(stream, start, source)) {
        return StartRules.afterRemoval(start, view, probe.look(), Instant.now());
      }
      return closing.isMade() ? start : decide(probe);
    } catch (ReplicationException e) {
      if (e.failure() == ReplicationFailure.SLOT_INVALIDATED) {
        return new Start.MakeSlot(true);
      }
      throw e;
    }
  }

  /** The server's, once: a stream that is made again needs no store for it. */
  private void putHistories(ServerProbe probe, TimelineHistory history) {
    if (!history.equals(archivedHistory)) {
      probe.putHistories(archive, history);
      archivedHistory = history;
    }
  }

  /** Streams to the end of the timeline. False where the server no longer has the first byte. */
  private boolean follow(WalStream stream, Start.Stream start, WalSource source) {
    state.turnedAtNanos = System.nanoTime();
    try (ArchiveStream archiving = new ArchiveStream(context, source, start, stream, backlog)) {
      try {
        while (!closing.isMade() && archiving.step()) {
          state.turnedAtNanos = System.nanoTime();
          lease.requireHeld();
          if (archiving.hasReceived()) {
            context.backoff().reset();
          }
        }
        archiving.finish(context.finishLimit(), true);
        return true;
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.LEASE_HELD) {
          archiving.finish(context.finishLimit(), false);
        }
        if (isWalRemoved(e) && !archiving.hasReceived()) {
          return false;
        }
        throw e;
      } finally {
        view = view.with(start.timeline(), archiving.durable());
      }
    }
  }

  private static boolean isWalRemoved(TidemarkException e) {
    return e instanceof ReplicationException refused
        && refused.failure() == ReplicationFailure.WAL_REMOVED;
  }

  private TidemarkException slotLosesWal() {
    return new TidemarkException(
        ErrorCode.SLOT_UNUSABLE,
        "the slot " + context.slot() + " was made anew, and lost its WAL again at once",
        "Raise max_slot_wal_keep_size");
  }
}
