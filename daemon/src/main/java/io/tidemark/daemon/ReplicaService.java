package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ArchiveObserver;
import io.tidemark.replicamanager.LocalReplicaActions;
import io.tidemark.replicamanager.ReplicaDecision;
import io.tidemark.replicamanager.ReplicaManager;
import io.tidemark.replicamanager.ReplicaObserver;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.ReplicaSources;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one replica as it is to be. On a thread of its own, so that the build of one, which may
 * take hours, holds up no other. Its server outlives it: closing breaks off what is under way and
 * stops nothing else.
 */
final class ReplicaService implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaService.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration WAITING = Duration.ofSeconds(3);
  private static final Duration AT_ONCE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  /** Every deadline in an observation run out; an action does not count. */
  private static final Duration LONGEST_TURN = Duration.ofMinutes(15);

  private final ReplicaVitals vitals;
  private final ReplicaManager manager;
  private final Complaint complaint;
  private final Loop loop;
  private int failures;
  private String acted = "";

  /**
   * @param cluster what is known of its cluster
   * @param door to the repository of its cluster
   * @param archive what that holds, shared with the cluster's other replicas
   * @param sources shared by all replicas
   */
  ReplicaService(
      ReplicaPlan plan,
      Vitals cluster,
      RepositoryDoor door,
      ArchiveObserver archive,
      ReplicaSources sources) {
    this.vitals = new ReplicaVitals(plan.spec(), cluster);
    this.manager =
        new ReplicaManager(
            plan.spec(),
            new ReplicaObserver(plan.spec(), sources, archive),
            new LocalReplicaActions(_ -> door.open(), vitals.progress),
            vitals::take);
    this.complaint = new Complaint(LOG, "replica " + plan.spec().name());
    this.loop = new Loop(name(), LONGEST_TURN, this::turn);
  }

  ReplicaVitals vitals() {
    return vitals;
  }

  @Override
  public String name() {
    return "replica-" + vitals.spec.name();
  }

  @Override
  public void run() throws InterruptedException {
    try (manager) {
      loop.run();
    }
  }

  private Duration turn() throws InterruptedException {
    try {
      ReplicaReport report = manager.step();
      vitals.failure = null;
      complaint.works();
      return pauseAfter(report);
    } catch (TidemarkException e) {
      if (Thread.interrupted() || e.code() == ErrorCode.INTERRUPTED) {
        throw new InterruptedException();
      }
      vitals.failure = e;
      complaint.fails(e);
      return EVERY;
    }
  }

  /** What failed is tried again after 3, 6, 12 s and so on, at most 5 minutes. */
  private Duration pauseAfter(ReplicaReport report) {
    if (report.failure().isPresent()) {
      Duration pause = WAITING.multipliedBy(1L << Math.min(failures++, 7));
      return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
    failures = 0;
    String before = acted;
    acted = report.decision().isAction() ? report.decision().word() : "";
    if (report.decision().isAction()) {
      // The same again, though it worked: what it changes is seen later.
      return acted.equals(before) ? WAITING : AT_ONCE;
    }
    return report.decision() instanceof ReplicaDecision.Wait ? WAITING : EVERY;
  }

  /** The next turn is taken now. */
  void wake() {
    loop.wake();
  }

  @Override
  public void close(Duration limit) {
    loop.close(limit);
  }

  @Override
  public boolean isStuck() {
    return !vitals.isActing() && loop.isStuck();
  }

  /** A build writes files. */
  @Override
  public boolean holdsItsThread() {
    return true;
  }
}
