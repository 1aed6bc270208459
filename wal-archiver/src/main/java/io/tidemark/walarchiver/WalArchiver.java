package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationException;
import io.tidemark.postgres.ReplicationFailure;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.SlotPosition;
import io.tidemark.postgres.WalSource;
import io.tidemark.postgres.WalStream;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalArchive;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Archives one cluster's WAL by streaming it: every byte into the repository, in tails every {@code
 * rpo} and in whole segments, and reports to the server as flushed only what is durable. Connects
 * again for ever, until it is closed or finds that the server is another cluster's.
 *
 * <p>{@link #run} belongs to one thread; everything else may be called by any.
 */
public final class WalArchiver implements AutoCloseable {
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(20);
  private static final Duration DISCONNECTED_LIMIT = Duration.ofSeconds(5);

  private final ArchiveSettings settings;
  private final PostgresEndpoint server;
  private final ClusterRepository repository;
  private final WalArchive archive;
  private final Optional<Spool> spool;
  private final ArchiverListener listener;
  private final String name;
  private final SlotName slot;
  private final SegmentPool pool;
  private final ArchiverState state;
  private final Backoff backoff =
      new Backoff(Uploader.FIRST_WAIT, Uploader.LONGEST_WAIT, ThreadLocalRandom.current());
  private final AtomicBoolean started = new AtomicBoolean();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile long closeAtNanos;
  private volatile @Nullable ReplicationConnection connection;
  private ArchiveView view = ArchiveView.EMPTY;

  /**
   * @param server where the WAL comes from; its application name is replaced by that of {@code
   *     settings}
   * @param spoolDirectory of this cluster alone; used with {@code ack: local} only
   * @param listener told of everything that happens
   */
  public WalArchiver(
      ArchiveSettings settings,
      PostgresEndpoint server,
      ClusterRepository repository,
      Path spoolDirectory,
      ArchiverListener listener) {
    this.settings = settings;
    this.server = server.withApplicationName(settings.applicationName());
    this.repository = repository;
    this.archive = repository.wal();
    this.listener = listener;
    this.name = "archive-" + repository.cluster();
    this.slot = new SlotName(settings.slot());
    this.pool =
        new SegmentPool(settings.bufferBytes(), repository.identity().walSegmentSize().bytes());
    this.state = new ArchiverState(pool);
    this.spool =
        settings.ack() == Ack.LOCAL
            ? Optional.of(new Spool(spoolDirectory, listener))
            : Optional.empty();
  }

  /**
   * Archives until {@link #close}, on the calling thread.
   *
   * @throws TidemarkException where going on could only do harm: WRONG_CLUSTER, CONTENT_CONFLICT
   */
  public void run() {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("this archiver was run before");
    }
    try {
      while (!isClosing()) {
        try (ArchiveLease lease = ArchiveLease.acquire(repository.leases(), name)) {
          archiveUnder(lease);
        } catch (TidemarkException e) {
          retryLater(e);
        }
      }
      listener.on(new ArchiverEvent.Stopped(state.durable, state.received));
    } finally {
      state.state = State.STOPPED;
      ended.countDown();
    }
  }

  /** How it stands. */
  public ArchiverStatus status() {
    return state.snapshot();
  }

  /**
   * Whether it has a stream, and its thread has not come round to read from it for so long: a
   * defect, since every wait in between has a limit.
   */
  public boolean isStuck(Duration limit) {
    return state.state == State.STREAMING
        && System.nanoTime() - state.turnedAtNanos > limit.toNanos();
  }

  /** As {@link #close(Duration)}, within 20 seconds. */
  @Override
  public void close() {
    close(CLOSE_LIMIT);
  }

  /**
   * Ends {@link #run}: a last tail is put, its position reported, the lease released; what is not
   * done within the limit is left to the next start.
   */
  public void close(Duration limit) {
    closeAtNanos = System.nanoTime() + limit.toNanos();
    closing.countDown();
    if (started.get() && !awaitEnd(limit.plusSeconds(1))) {
      ReplicationConnection open = connection;
      if (open != null) {
        open.close();
      }
      awaitEnd(DISCONNECTED_LIMIT);
    }
  }

  private void archiveUnder(ArchiveLease lease) {
    replaySpool();
    view = ArchiveView.of(archive.inventory());
    while (!isClosing()) {
      try {
        connectAndStream(lease);
      } catch (TidemarkException e) {
        lease.requireHeld();
        retryLater(e);
      }
    }
  }

  /** Before each stream: the next one writes the open segment's file anew. */
  private boolean replaySpool() {
    return spool.map(files -> new SpoolReplay(files, repository).run()).orElse(false);
  }

  private void connectAndStream(ArchiveLease lease) {
    state.state = State.CONNECTING;
    if (replaySpool()) {
      view = ArchiveView.of(archive.inventory());
    }
    try (ReplicationConnection open = ReplicationConnection.open(server)) {
      connection = open;
      ServerProbe probe = new ServerProbe(open, slot);
      Start start = decide(probe);
      for (int slotsMade = 0; !isClosing(); start = act(probe, start, lease)) {
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
    return StartRules.decide(repository.identity(), view, probe.look());
  }

  private Start act(ServerProbe probe, Start start, ArchiveLease lease) {
    lease.requireHeld();
    return switch (start) {
      case Start.Refuse(ErrorCode code, String found, String hint) ->
          throw new TidemarkException(code, found, hint);
      case Start.MakeSlot(boolean replace) -> makeSlot(probe, replace);
      case Start.RecordGaps gaps -> record(probe, gaps);
      case Start.Stream stream -> stream(probe, stream, lease);
    };
  }

  private Start makeSlot(ServerProbe probe, boolean replace) {
    SlotPosition made = probe.makeSlot(replace);
    made.restart()
        .ifPresent(restart -> listener.on(new ArchiverEvent.SlotMade(slot, replace, restart)));
    return decide(probe);
  }

  private Start record(ServerProbe probe, Start.RecordGaps lost) {
    if (settings.walRemoved() == WalRemoved.STOP) {
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

  private Start stream(ServerProbe probe, Start.Stream start, ArchiveLease lease) {
    ServerView found = probe.look();
    probe.putHistories(archive, found.history());
    WalSource source =
        new WalSource(
            probe.major(),
            found.systemId(),
            found.segmentSize(),
            Histories.of(start.timeline(), found.history()));
    try {
      WalStream stream =
          probe.connection().startPhysical(Optional.of(slot), start.from(), start.timeline());
      if (!follow(stream, start, source, lease)) {
        return StartRules.afterRemoval(start, view, probe.look(), Instant.now());
      }
      return isClosing() ? start : decide(probe);
    } catch (ReplicationException e) {
      if (e.failure() == ReplicationFailure.SLOT_INVALIDATED) {
        return new Start.MakeSlot(true);
      }
      throw e;
    }
  }

  /** Streams to the end of the timeline. False where the server no longer has the first byte. */
  private boolean follow(
      WalStream stream, Start.Stream start, WalSource source, ArchiveLease lease) {
    state.turnedAtNanos = System.nanoTime();
    try (ArchiveStream archiving =
        new ArchiveStream(
            name, settings, source, start, stream, archive, pool, state, listener, spool)) {
      try {
        while (!isClosing() && archiving.step()) {
          state.turnedAtNanos = System.nanoTime();
          lease.requireHeld();
          if (archiving.hasReceived()) {
            backoff.reset();
          }
        }
        archiving.finish(isClosing() ? untilClose() : DISCONNECTED_LIMIT, true);
        return true;
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.LEASE_HELD) {
          archiving.finish(isClosing() ? untilClose() : DISCONNECTED_LIMIT, false);
        }
        if (isWalRemoved(e) && !archiving.hasReceived()) {
          return false;
        }
        throw e;
      } finally {
        view = view.with(start.timeline(), archiving.archived());
      }
    }
  }

  private static boolean isWalRemoved(TidemarkException e) {
    return e instanceof ReplicationException refused
        && refused.failure() == ReplicationFailure.WAL_REMOVED;
  }

  private void retryLater(TidemarkException e) {
    if (isClosing()) {
      return;
    }
    state.lastError = e;
    state.reconnects.incrementAndGet();
    state.turnedAtNanos = System.nanoTime();
    switch (e.code()) {
      case WRONG_CLUSTER, CONTENT_CONFLICT -> {
        state.state = State.REFUSED;
        throw e;
      }
      case LEASE_HELD -> retry(State.WAITING_FOR_LEASE, e);
      case SERVER_BEHIND, SLOT_UNUSABLE, POSTGRES_REFUSED, POSTGRES_DATA_INVALID ->
          retry(isSlotBusy(e) ? State.CONNECTING : State.REFUSED, e);
      default -> retry(State.CONNECTING, e);
    }
  }

  private void retry(State until, TidemarkException e) {
    Duration wait = backoff.next();
    state.state = until;
    listener.on(
        switch (until) {
          case REFUSED -> new ArchiverEvent.Refused(e, wait);
          case WAITING_FOR_LEASE -> new ArchiverEvent.WaitingForLease(e, wait);
          default -> new ArchiverEvent.Disconnected(e, wait);
        });
    pause(wait);
  }

  /** A connection that broke holds the slot until the server has noticed, too. */
  private static boolean isSlotBusy(TidemarkException e) {
    return e instanceof ReplicationException refused
        && refused.failure() == ReplicationFailure.SLOT_ACTIVE;
  }

  private void pause(Duration wait) {
    try {
      closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Whoever interrupts wants an end, and close() says how.
      closing.countDown();
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private Duration untilClose() {
    return Duration.ofNanos(Math.max(0, closeAtNanos - System.nanoTime()));
  }

  private boolean awaitEnd(Duration limit) {
    try {
      return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private TidemarkException slotLosesWal() {
    return new TidemarkException(
        ErrorCode.SLOT_UNUSABLE,
        "the slot " + slot + " was made anew, and lost its WAL again at once",
        "Raise max_slot_wal_keep_size");
  }
}
