package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.RetentionSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Expiry;
import io.tidemark.repository.ExpiryPlan;
import io.tidemark.repository.ExpiryResult;
import io.tidemark.repository.RetentionPolicy;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what retention no longer needs, at the times of its schedule and after each scheduled
 * backup. What fails is tried again at the next of these: nothing depends on it but room.
 */
final class ExpiryTask implements Schedules.Task {
  private static final Logger LOG = LoggerFactory.getLogger(ExpiryTask.class);

  private final RepositoryDoor door;
  private final Vitals vitals;

  ExpiryTask(RepositoryDoor door, Vitals vitals) {
    this.door = door;
    this.vitals = vitals;
  }

  @Override
  public void run() {
    ClusterRepository repository = door.ifOpen();
    if (repository == null) {
      return;
    }
    String cluster = vitals.cluster.name();
    RetentionSettings retention = vitals.cluster.retention();
    try {
      Instant now = Instant.now();
      ExpiryResult result =
          new Expiry(repository, new RetentionPolicy(retention.recoveryWindow(), retention.fulls()))
              .run(now, this::announce);
      vitals.expiredAt = now;
      vitals.expiredObjects.addAndGet(result.objects());
      LOG.info("{}: expiry removed {} objects", cluster, result.objects());
    } catch (TidemarkException e) {
      failed(cluster, e);
    }
  }

  private void announce(ExpiryPlan plan) {
    String cluster = vitals.cluster.name();
    plan.refusals().forEach(text -> LOG.error("{}: nothing expires: {}", cluster, text));
    plan.removed()
        .forEach(each -> LOG.info("{}: {} expires: {}", cluster, each.name(), each.reason()));
    plan.unfinished()
        .forEach(each -> LOG.info("{}: {} expires: {}", cluster, each.name(), each.reason()));
    plan.wal()
        .forEach(
            each ->
                LOG.info(
                    "{}: WAL of timeline {} before {} expires",
                    cluster,
                    each.timeline(),
                    each.before()));
  }

  private void failed(String cluster, TidemarkException e) {
    if (e.code() == ErrorCode.LEASE_HELD || Thread.currentThread().isInterrupted()) {
      LOG.info("{}: no expiry here: {}", cluster, e.getMessage());
      return;
    }
    vitals.expiryFailures.incrementAndGet();
    LOG.error("{}: expiry failed: {}", cluster, e.explain());
  }
}
