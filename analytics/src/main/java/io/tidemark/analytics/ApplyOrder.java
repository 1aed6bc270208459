package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one feed on their way into the target. Several appliers take them, in their order,
 * and may work side by side; each batch is committed in its turn, after the one before it. For any
 * thread.
 */
final class ApplyOrder {
  /** So many may wait for an applier. */
  private static final int WAITING = 1;

  /** Stands for parts of a transaction, of which nobody knows any more what they were. */
  private static final Batch PARTS = new Batch();

  /** Not committed yet, the oldest first. */
  private final Deque<Batch> all = new ArrayDeque<>();

  /** The last of them, which nobody has taken. */
  private final Deque<Batch> waiting = new ArrayDeque<>();

  /** Has a transaction open that goes on with the next batch. */
  private @Nullable Applier continuing;

  /** Whether that has written parts, which are not among the batches any more. */
  private boolean partsWritten;

  private Lsn applied;
  private boolean level;
  private boolean ended;
  private @Nullable RuntimeException failure;

  /**
   * @param applied where the feed is
   */
  ApplyOrder(Lsn applied) {
    this.applied = applied;
  }

  /**
   * Puts a batch at the end.
   *
   * @return false where one waits already
   * @throws RuntimeException what an applier has failed by
   */
  synchronized boolean offer(Batch batch) {
    throwFailure();
    if (ended || waiting.size() >= WAITING) {
      return false;
    }
    all.add(batch);
    waiting.add(batch);
    notifyAll();
    return true;
  }

  /**
   * Waits for the next batch that nobody has. What follows a part of a transaction goes to who has
   * that.
   *
   * @return null: there will be none
   */
  synchronized @Nullable Batch take(Applier by) throws InterruptedException {
    while (!ended && (waiting.isEmpty() || (continuing != null && continuing != by))) {
      wait();
    }
    if (ended) {
      return null;
    }
    Batch next = waiting.remove();
    continuing = next.isWhole() ? null : by;
    notifyAll();
    return next;
  }

  /** Those before a batch that are not committed yet. */
  synchronized List<Batch> before(Batch batch) {
    if (all.peekFirst() == batch) {
      return List.of();
    }
    return Stream.concat(
            partsWritten ? Stream.of(PARTS) : Stream.of(),
            all.stream().takeWhile(each -> each != batch))
        .toList();
  }

  /**
   * Waits until everything before a batch is committed.
   *
   * @return false where that takes longer than the limit
   * @throws InterruptedException where it will not be, because another applier has failed
   */
  synchronized boolean awaitTurn(Batch batch, Duration limit) throws InterruptedException {
    long until = System.nanoTime() + limit.toNanos();
    while (all.peekFirst() != batch) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (failure != null) {
        throw new InterruptedException("what comes before could not be applied");
      }
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** The first batch, a part of a transaction, is written; its transaction goes on. */
  synchronized void written(Batch batch) {
    partsWritten = true;
    all.remove(batch);
    notifyAll();
  }

  /**
   * The first batch is in the target, for good.
   *
   * @param nowLevel whether all tables of the feed are level with it
   */
  synchronized void committed(Batch batch, boolean nowLevel) {
    applied = batch.position();
    level = nowLevel;
    partsWritten = false;
    all.remove(batch);
    notifyAll();
  }

  /** Everything before it is in the target. */
  synchronized Lsn applied() {
    return applied;
  }

  /** Whether all tables of the feed are level with it, as far as is known. */
  synchronized boolean isLevel() {
    return level;
  }

  /** Whether every batch is in the target, or a part in a transaction that goes on. */
  synchronized boolean isIdle() {
    return all.isEmpty();
  }

  /**
   * @throws RuntimeException what an applier has failed by
   */
  synchronized void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  /** An applier cannot go on; so nobody can. */
  synchronized void failed(RuntimeException why) {
    if (failure == null) {
      failure = why;
    }
    end();
  }

  /** Nothing more is taken; what waits is dropped. */
  synchronized void end() {
    ended = true;
    for (Batch each : waiting) {
      LargeTransaction large = each.large();
      if (large != null) {
        large.close();
      }
    }
    all.removeAll(waiting);
    waiting.clear();
    notifyAll();
  }
}
