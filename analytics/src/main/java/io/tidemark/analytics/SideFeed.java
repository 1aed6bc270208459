package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings in tables while the main feed follows the others: by a slot of its own, which is dropped
 * when they are level. Owns its thread until it is closed; a failure ends it, and the feed begins
 * another one later, which goes on where this one stood.
 */
final class SideFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SideFeed.class);
  private static final Duration STEP = Duration.ofMillis(200);
  private static final long JOIN_MILLIS = 40_000;

  private final FeedSpec spec;
  private final DecodingMode mode;
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable Lsn applied;
  private volatile @Nullable Lsn goal;
  private volatile boolean ended;

  SideFeed(FeedSpec spec, DecodingMode mode) {
    this.spec = spec;
    this.mode = mode;
    this.thread = Thread.ofPlatform().daemon().name("side-" + spec.name()).start(this::run);
  }

  private void run() {
    try (FeedLinks links = new FeedLinks(spec)) {
      FeedLoader loader = new FeedLoader(spec, links, () -> closing);
      TableMapping mapping = loader.mapping();
      SourceHistory history = new SourceHistory(spec, links);
      if (load(links, loader, mapping, history)) {
        follow(links, loader, mapping, history);
      }
    } catch (TableFailure e) {
      hold(e);
    } catch (TidemarkException e) {
      if (!closing) {
        note(e);
        LOG.warn("{}: tables that come in later: {}", spec.name(), e.explain());
      }
    } catch (InterruptedException e) {
      closing = true;
    } finally {
      ended = true;
    }
  }

  private void note(TidemarkException e) {
    try (FeedLinks links = new FeedLinks(spec)) {
      mode.failed(e, links.decoded().currentWalLsn());
    } catch (TidemarkException unreachable) {
      LOG.debug("{}: the source's end is not known", spec.name(), unreachable);
    }
  }

  /** The others come in with the next attempt. */
  private void hold(TableFailure e) {
    try (FeedLinks links = new FeedLinks(spec)) {
      new TableHolder(spec).hold(links.target(), e);
    } catch (TidemarkException again) {
      LOG.warn("{}: {} cannot be held: {}", spec.name(), e.table().name(), again.explain());
    }
  }

  private boolean load(
      FeedLinks links, FeedLoader loader, TableMapping mapping, SourceHistory history)
      throws InterruptedException {
    Optional<FeedRow> feed = spec.state().feed(links.target(), FeedRole.SIDE);
    List<MappedTable> planned = tables(links, mapping, TableState.PLANNED);
    List<MappedTable> copying = tables(links, mapping, TableState.COPYING);
    if (feed.isEmpty() || unusable(links, feed.get(), history)) {
      planned.addAll(copying);
      planned.addAll(tables(links, mapping, TableState.CATCHING_UP));
      planned.addAll(tables(links, mapping, TableState.STREAMING));
      return !planned.isEmpty() && loader.begin(FeedRole.SIDE, planned);
    }
    return feed.get().copied() || loader.copyOn(FeedRole.SIDE, copying);
  }

  private boolean unusable(FeedLinks links, FeedRow feed, SourceHistory history) {
    Optional<ReplicationSlotRow> slot = new FeedSlots(spec, links).find(FeedRole.SIDE);
    Optional<String> why =
        FeedPlanner.unusable(
            slot,
            links.decoded().currentWalLsn(),
            slot.flatMap(_ -> history.departure(feed)),
            feed);
    why.ifPresent(found -> LOG.warn("{}: {}; its tables are brought in again", spec.name(), found));
    return why.isPresent();
  }

  private List<MappedTable> tables(FeedLinks links, TableMapping mapping, TableState state) {
    List<MappedTable> tables = new ArrayList<>();
    for (TableRow row : spec.state().tables(links.target())) {
      boolean itsOwn = !row.isMain() || state == TableState.PLANNED;
      if (row.state() == state && itsOwn) {
        mapping.table(row.name()).ifPresent(tables::add);
      }
    }
    return tables;
  }

  private void follow(
      FeedLinks links, FeedLoader loader, TableMapping mapping, SourceHistory history) {
    FeedStreams streams = new FeedStreams(spec, links, loader, new FeedVitals(), mode);
    boolean done = false;
    while (!done) {
      FeedRow feed = history.resumed(links.target(), FeedRole.SIDE);
      try (FeedStreams.Open open = streams.open(FeedRole.SIDE, feed, mapping)) {
        done = follow(open.stream());
      }
    }
  }

  /** False where it is to go on with values as text. */
  private boolean follow(FeedStream stream) {
    try {
      while (!closing && !hasReachedGoal()) {
        stream.step(STEP);
        applied = stream.applied();
      }
      stream.end();
      applied = stream.applied();
      return true;
    } catch (BinaryUnfit e) {
      LOG.info(
          "{}: tables that come in later go on with values as text: {}",
          spec.name(),
          e.getMessage());
      mode.unfit();
      stream.end();
      return false;
    }
  }

  private boolean hasReachedGoal() {
    Lsn at = applied;
    Lsn wanted = goal;
    return at != null && wanted != null && at.isAtLeast(wanted);
  }

  /** How far it is, once it follows. */
  Optional<Lsn> applied() {
    return Optional.ofNullable(applied);
  }

  /** Whether it is over, one way or the other. */
  boolean isEnded() {
    return ended;
  }

  /**
   * Lets it follow up to a position or beyond, and end there.
   *
   * @return whether it has ended; false where it did not come so far in time. How far it is then,
   *     the target says
   */
  boolean finishAt(Lsn position) {
    goal = position;
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    goal = null;
    return ended;
  }

  @Override
  public void close() {
    closing = true;
    try {
      if (!thread.join(Duration.ofMillis(JOIN_MILLIS))) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
