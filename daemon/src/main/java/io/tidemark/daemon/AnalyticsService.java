package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one source of a pipeline flowing. On a thread of its own, as a copy may take hours. */
final class AnalyticsService implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(AnalyticsService.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(3);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  /** After so long without a failure it counts as well again. */
  private static final Duration WELL = Duration.ofSeconds(10);

  /** Every deadline of a turn run out; a copy does not count. */
  private static final Duration LONGEST_TURN = Duration.ofMinutes(15);

  /** Of the closing limit what is left for the end by interruption. */
  private static final Duration LAST = Duration.ofSeconds(2);

  private final AnalyticsPlan plan;
  private final AnalyticsEngine engine;
  private final Complaint complaint;
  private final Loop loop;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable TidemarkException failure;
  private int failures;
  private long failedNanos;

  AnalyticsService(AnalyticsPlan plan) {
    this.plan = plan;
    this.engine = AnalyticsEngine.of(plan);
    this.complaint = new Complaint(LOG, "analytics " + plan.name());
    this.loop = new Loop(name(), LONGEST_TURN, this::turn);
  }

  AnalyticsPlan plan() {
    return plan;
  }

  AnalyticsEngine engine() {
    return engine;
  }

  /** Why its last turns fail; empty: they do not. */
  Optional<TidemarkException> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public String name() {
    return "analytics-" + plan.pipeline().name() + "-" + plan.source().name();
  }

  @Override
  public void run() throws InterruptedException {
    try (engine) {
      loop.run();
    } finally {
      ended.countDown();
    }
  }

  private Duration turn() throws InterruptedException {
    try {
      Duration pause = engine.step();
      boolean well = System.nanoTime() - failedNanos > WELL.toNanos();
      if (failure != null && well) {
        failure = null;
        failures = 0;
        complaint.works();
      }
      return pause;
    } catch (TidemarkException e) {
      if (Thread.interrupted() || e.code() == ErrorCode.INTERRUPTED) {
        throw new InterruptedException();
      }
      failure = e;
      failedNanos = System.nanoTime();
      complaint.fails(e);
      return pauseAfter(failures++);
    }
  }

  /** What failed is tried again after 3, 6, 12 s and so on, at most 5 minutes. */
  static Duration pauseAfter(int failures) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 7));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  /** A batch that is being applied is let through; what takes longer is broken off. */
  @Override
  public void close(Duration limit) {
    engine.end();
    loop.end();
    try {
      boolean _ = ended.await(limit.minus(LAST).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loop.close(LAST);
  }

  @Override
  public boolean isStuck() {
    return loop.isStuck() && !engine.report().copying();
  }

  /** It writes files where a transaction is large. */
  @Override
  public boolean holdsItsThread() {
    return true;
  }
}
