package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.ReplicationException;
import io.tidemark.postgres.ReplicationFailure;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
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

  private final ArchiverContext context;
  private final ArchiverState state;
  private final ArchiverListener listener;
  private final Backoff backoff;
  private final CloseRequest closing = new CloseRequest();
  private final AtomicBoolean started = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable ArchiveTerm current;

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
    WalSegmentSize size = repository.identity().walSegmentSize();
    boolean spooling = settings.ack() == Ack.LOCAL;
    SegmentPool pool =
        new SegmentPool(
            settings.bufferBytes(), size.bytes(), spooling ? SegmentPool.WITH_SPARES : 2);
    this.listener = listener;
    this.state = new ArchiverState(pool);
    this.backoff =
        new Backoff(Uploader.FIRST_WAIT, Uploader.LONGEST_WAIT, ThreadLocalRandom.current());
    this.context =
        new ArchiverContext(
            "archive-" + repository.cluster(),
            settings,
            server.withApplicationName(settings.applicationName()),
            repository,
            new SlotName(settings.slot()),
            pool,
            new Semaphore(settings.uploads(), true),
            state,
            listener,
            spooling
                ? Optional.of(new Spool(spoolDirectory, settings.spoolLimitBytes(), size, listener))
                : Optional.empty(),
            closing,
            backoff);
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
      while (!closing.isMade()) {
        try (ArchiveLease lease =
            ArchiveLease.acquire(context.repository().leases(), context.name())) {
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
    closing.make(limit);
    if (started.get() && !awaitEnd(limit.plusSeconds(1))) {
      ArchiveTerm term = current;
      if (term != null) {
        term.disconnect();
      }
      awaitEnd(DISCONNECTED_LIMIT);
    }
  }

  private void archiveUnder(ArchiveLease lease) {
    try (ArchiveTerm term = ArchiveTerm.begin(context, lease)) {
      current = term;
      while (!closing.isMade()) {
        try {
          term.connectAndStream();
        } catch (TidemarkException e) {
          lease.requireHeld();
          retryLater(e);
        }
      }
    } finally {
      current = null;
    }
  }

  private void retryLater(TidemarkException e) {
    if (closing.isMade()) {
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
    closing.pause(wait);
  }

  /** A connection that broke holds the slot until the server has noticed, too. */
  private static boolean isSlotBusy(TidemarkException e) {
    return e instanceof ReplicationException refused
        && refused.failure() == ReplicationFailure.SLOT_ACTIVE;
  }

  private boolean awaitEnd(Duration limit) {
    try {
      return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
