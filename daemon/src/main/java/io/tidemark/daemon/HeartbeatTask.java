package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.Heartbeat;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the heartbeat of a cluster, as often as is configured. */
final class HeartbeatTask implements Loop.Step, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatTask.class);
  private static final Duration SHORTEST = Duration.ofMillis(100);

  private final Duration period;
  private final Heartbeat heartbeat;
  private final Complaint complaint;

  private HeartbeatTask(ClusterPlan plan, Vitals vitals, Duration period) {
    String cluster = plan.settings().name();
    this.period = period;
    this.heartbeat =
        new Heartbeat(cluster, Wiring.primary(plan.settings()), period, plan.heartbeats());
    this.complaint = new Complaint(LOG, cluster + ": the heartbeat");
    vitals.heartbeat = heartbeat::view;
  }

  /** Empty where none is to be written. */
  static Optional<HeartbeatTask> of(ClusterPlan plan, Vitals vitals) {
    return plan.settings()
        .heartbeat()
        .period()
        .map(period -> new HeartbeatTask(plan, vitals, period));
  }

  @Override
  public Duration take() throws InterruptedException {
    long begin = System.nanoTime();
    try {
      heartbeat.step();
      complaint.works();
    } catch (TidemarkException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      complaint.fails(e);
    }
    Duration rest = period.minusNanos(System.nanoTime() - begin);
    return rest.compareTo(SHORTEST) < 0 ? SHORTEST : rest;
  }

  @Override
  public void close() {
    heartbeat.close();
  }
}
