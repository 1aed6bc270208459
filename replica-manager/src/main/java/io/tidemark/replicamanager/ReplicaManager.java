package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ReplicaDecision.Build;
import io.tidemark.replicamanager.ReplicaDecision.Configure;
import io.tidemark.replicamanager.ReplicaDecision.Refuse;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one replica as it is to be: observes, decides, acts, reports. One thread uses it at a time;
 * a turn may take as long as a build does. While a command has the replica's lock it only observes.
 */
public final class ReplicaManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaManager.class);

  /** A reason with another position in it is the same reason. */
  private static final Pattern POSITION = Pattern.compile("[0-9A-F]+/[0-9A-F]+");

  private final ReplicaSpec replica;
  private final ReplicaPolicy policy;
  private final ReplicaObserver observer;
  private final ReplicaActions actions;
  private final Consumer<ReplicaReport> reports;
  private @Nullable ReplicaReport last;
  private Optional<FailedRewind> failedRewind = Optional.empty();
  private String told = "";

  /**
   * @param observer closed with this
   * @param reports gets every report, also the one before an action begins; on the same thread
   */
  public ReplicaManager(
      ReplicaSpec replica,
      ReplicaObserver observer,
      ReplicaActions actions,
      Consumer<ReplicaReport> reports) {
    this.replica = replica;
    this.policy = ReplicaPolicy.of(replica.settings());
    this.observer = observer;
    this.actions = actions;
    this.reports = reports;
  }

  /**
   * One turn: at most one action.
   *
   * @return how it stands; with the failure of an action that did not work, which the next turn
   *     decides about anew
   * @throws TidemarkException INTERRUPTED where the thread was, in the middle of an action;
   *     LOCAL_IO where the replica's own state cannot be read or locked
   */
  public ReplicaReport step() {
    Optional<ReplicaHome.Lock> lock = replica.home().tryLock();
    if (lock.isEmpty()) {
      return report(
          observer.observe(),
          new ReplicaDecision.Wait("a command works on it"),
          false,
          Optional.empty());
    }
    try (ReplicaHome.Lock _ = lock.get()) {
      return turn();
    }
  }

  private ReplicaReport turn() {
    Observation seen = observer.observe().with(failedRewind);
    ReplicaDecision decision = ReplicaPlanner.decide(seen, policy);
    if (!decision.isAction()) {
      return report(seen, decision, false, Optional.empty());
    }
    report(seen, decision, true, failureOf(decision));
    try {
      act(seen, decision);
      return report(seen, decision, false, Optional.empty());
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.INTERRUPTED) {
        throw e;
      }
      if (decision instanceof ReplicaDecision.Rewind) {
        failedRewind = FailedRewind.of(seen, replica.home().read(), e);
      }
      return report(seen, decision, false, Optional.of(e));
    } finally {
      observer.forget();
    }
  }

  private void act(Observation seen, ReplicaDecision decision) {
    switch (decision) {
      case Build build -> actions.build(replica, seen, build.from());
      case ReplicaDecision.ContinueBuild _ -> actions.continueBuild(replica, seen);
      case ReplicaDecision.Start _ -> actions.start(replica, seen);
      case Configure configure -> actions.configure(replica, seen, configure);
      case ReplicaDecision.CreateSlot _ -> actions.createSlot(replica, seen);
      case ReplicaDecision.RecreateSlot _ -> actions.recreateSlot(replica, seen);
      case ReplicaDecision.PauseReplay _ -> actions.pauseReplay(replica, seen);
      case ReplicaDecision.Rewind _ -> actions.rewind(replica, seen);
      case ReplicaDecision.Rebuild _ -> actions.rebuild(replica, seen);
      case ReplicaDecision.Nothing _,
          ReplicaDecision.CatchUpFromArchive _,
          ReplicaDecision.Wait _,
          Refuse _ -> {}
    }
  }

  /** What the same action ended with the last time: while it is tried again it is not forgotten. */
  private Optional<TidemarkException> failureOf(ReplicaDecision decision) {
    return Optional.ofNullable(last)
        .filter(before -> before.decision().word().equals(decision.word()))
        .flatMap(ReplicaReport::failure);
  }

  private ReplicaReport report(
      Observation seen,
      ReplicaDecision decision,
      boolean acting,
      Optional<TidemarkException> failure) {
    Instant since =
        Optional.ofNullable(last)
            .filter(before -> before.decision().word().equals(decision.word()))
            .map(ReplicaReport::since)
            .orElse(seen.at());
    ReplicaReport report =
        new ReplicaReport(replica.name(), seen, decision, since, acting, failure);
    last = report;
    tell(report);
    reports.accept(report);
    return report;
  }

  /** Once per changed decision, and once per changed failure. */
  private void tell(ReplicaReport report) {
    ReplicaDecision decision = report.decision();
    String failed = report.failure().map(e -> e.code().name()).orElse("");
    String reason = decision.isAction() ? "" : POSITION.matcher(decision.why()).replaceAll("");
    String now = decision.word() + reason + failed;
    if (now.equals(told)) {
      return;
    }
    told = now;
    if (report.failure().isPresent()) {
      LOG.error(
          "replica {}: {} failed ({}): {}",
          replica.name(),
          decision.word(),
          decision.why(),
          report.failure().get().explain());
    } else if (decision instanceof Refuse(String why, String advice)) {
      LOG.warn("replica {}: not done by itself: {}. {}", replica.name(), why, advice);
    } else {
      LOG.info("replica {}: {}: {}", replica.name(), decision.word(), decision.why());
    }
  }

  @Override
  public void close() {
    observer.close();
  }
}
