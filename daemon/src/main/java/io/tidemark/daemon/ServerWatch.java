package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.replicamanager.ReplicationObserver;
import io.tidemark.replicamanager.ReplicationView;
import io.tidemark.replicamanager.SlotHealth;
import io.tidemark.replicamanager.SlotView;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the primary every ten seconds for its slots and standbys. */
final class ServerWatch implements Loop.Step, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServerWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  private final Vitals vitals;
  private final ReplicationObserver observer;
  private final Complaint complaint;
  private final Set<String> told = new HashSet<>();

  ServerWatch(Vitals vitals, PostgresEndpoint server, ClusterPlan plan) {
    this.vitals = vitals;
    this.observer =
        new ReplicationObserver(server, plan.slots().always(), plan.slots().passing(), plan.wal());
    this.complaint = new Complaint(LOG, vitals.cluster.name() + ": PostgreSQL");
  }

  @Override
  public Duration take() throws InterruptedException {
    try {
      ReplicationView view = observer.step();
      vitals.server = view;
      vitals.serverFailure = null;
      complaint.works();
      view.slots().forEach(this::tell);
      return EVERY;
    } catch (TidemarkException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      vitals.serverFailure = e;
      complaint.fails(e);
      return RETRY_AFTER;
    }
  }

  /** Only what cannot wait for an alert by metrics, and once. */
  private void tell(SlotView slot) {
    String name = slot.name().name();
    switch (slot.health()) {
      case SlotHealth.Lost(String reason) -> {
        if (told.add("lost " + name)) {
          LOG.error(
              "{}: slot {} is lost ({}): its WAL is removed from the server",
              vitals.cluster.name(),
              name,
              reason);
        }
      }
      case SlotHealth.AtRisk risk -> {
        if (told.add("risk " + name)) {
          LOG.error(
              "{}: slot {} will lose its WAL after {} more bytes{}; raise max_slot_wal_keep_size,"
                  + " or see why its reader is behind",
              vitals.cluster.name(),
              name,
              Math.max(0, risk.bytesLeft()),
              risk.timeLeft().map(left -> ", in about " + left.toMinutes() + " min").orElse(""));
        }
      }
      case SlotHealth.Healthy _,
          SlotHealth.Unbounded _,
          SlotHealth.Inactive _,
          SlotHealth.Missing _ -> {
        told.remove("lost " + name);
        told.remove("risk " + name);
      }
    }
  }

  @Override
  public void close() {
    observer.close();
  }
}
