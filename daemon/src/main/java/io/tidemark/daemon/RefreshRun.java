package io.tidemark.daemon;

import io.tidemark.analytics.RefreshOutcome;
import io.tidemark.analytics.RefreshTask;
import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes one materialized view each time that its schedule fires. Each run has a thread of its
 * own, as it waits for data for minutes and backups share the scheduler's few; one at a time.
 */
final class RefreshRun implements Schedules.Task, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RefreshRun.class);

  private final String view;
  private final Cron schedule;
  private final RefreshTask task;
  private final Complaint complaint;
  private final AtomicReference<@Nullable Thread> running = new AtomicReference<>();

  RefreshRun(String view, Cron schedule, RefreshTask task) {
    this.view = view;
    this.schedule = schedule;
    this.task = task;
    this.complaint = new Complaint(LOG, "the refresh of " + view);
  }

  @Override
  public void run() {
    Instant due = schedule.previous(Instant.now()).orElseGet(Instant::now);
    Thread next =
        Thread.ofPlatform().daemon().name("refresh-" + view).unstarted(() -> refresh(due));
    if (running.compareAndSet(null, next)) {
      next.start();
    } else {
      LOG.warn("{} is not refreshed for {}: the run before is not at its end", view, due);
    }
  }

  private void refresh(Instant due) {
    try {
      RefreshOutcome outcome = task.run(view, due);
      if (outcome.result() == RefreshOutcome.Result.FAILED) {
        LOG.warn("{} was not refreshed for {}: {}", view, due, outcome.error());
      } else {
        complaint.works();
        LOG.info("{} for {}: {}", view, due, outcome.result());
      }
    } catch (TidemarkException e) {
      if (!Thread.interrupted()) {
        complaint.fails(e);
      }
    } finally {
      running.set(null);
    }
  }

  @Override
  public void close() {
    Thread now = running.get();
    if (now != null) {
      now.interrupt();
    }
  }
}
