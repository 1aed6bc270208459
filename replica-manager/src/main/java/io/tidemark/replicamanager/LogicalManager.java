package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LogicalDecision.Refuse;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps PostgreSQL's own publication and subscription of one native pipeline as they are to be:
 * observes, decides, acts, reports. One thread uses it at a time.
 */
public final class LogicalManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogicalManager.class);

  /** A reason with other numbers or times in it is the same reason. */
  private static final Pattern NUMBER = Pattern.compile("[0-9][0-9A-F:.TZ/-]*");

  private final LogicalSpec spec;
  private final LogicalWishes wishes;
  private final Consumer<LogicalReport> reports;
  private final LogicalSourceObserver source;
  private final LogicalTargetObserver target;
  private final LogicalActions actions;
  private final LogicalRetries retries = new LogicalRetries();
  private final LogicalAge age = new LogicalAge();
  private @Nullable LogicalReport last;
  private String told = "";
  private Set<String> heldTold = Set.of();

  /**
   * @param wishes asked at each step
   * @param reports gets every report, also the one before an action begins; on the same thread
   */
  public LogicalManager(LogicalSpec spec, LogicalWishes wishes, Consumer<LogicalReport> reports) {
    this.spec = spec;
    this.wishes = wishes;
    this.reports = reports;
    LogicalState state = new LogicalState(spec.pipeline().name(), spec.stateSchema());
    this.source = new LogicalSourceObserver(spec);
    this.target = new LogicalTargetObserver(spec, state);
    this.actions = new LogicalActions(spec, state, wishes, source, target);
  }

  /**
   * One turn: at most one action.
   *
   * @return how it stands; with the failure of an action that did not work, which the next turn
   *     decides about anew
   * @throws TidemarkException INTERRUPTED where the thread was; what {@link LogicalWishes} throws
   */
  public LogicalReport step() {
    LogicalObservation seen = observe();
    LogicalDecision decision = LogicalPlanner.decide(spec, seen);
    if (!decision.isAction()) {
      if (decision instanceof LogicalDecision.Nothing) {
        retries.follows();
      }
      return report(seen, decision, false, Optional.empty());
    }
    report(seen, decision, true, failureOf(decision));
    try {
      actions.run(seen, decision);
      done(seen, decision);
      return report(seen, decision, false, Optional.empty());
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.INTERRUPTED) {
        throw e;
      }
      if (!decision.subject().isEmpty()) {
        retries.failed(decision.subject(), e.explain(), seen.at());
      }
      return report(seen, decision, false, Optional.of(e));
    }
  }

  /**
   * Looks only how far source and slot are, with two small queries: between steps, so that the age
   * of the data is known more exactly than steps are far apart.
   *
   * @return the last report with that in it; as it was where the source does not answer; empty
   *     before the first step
   */
  public Optional<LogicalReport> measure() {
    LogicalReport before = last;
    if (before == null) {
      return Optional.empty();
    }
    source
        .progress()
        .ifPresent(
            now -> last = before.at(age.seen(now, Instant.now()), LogicalReporter.lagBytes(now)));
    return Optional.ofNullable(last);
  }

  private LogicalObservation observe() {
    Instant at = Instant.now();
    LogicalWish wish = wishes.wish();
    LogicalSource from = source.look();
    LogicalTarget to = target.look(from);
    return new LogicalObservation(
        at, wish, wishes.resyncs(), from, to, retries.failures(at), retries.enable(to, at));
  }

  private void done(LogicalObservation seen, LogicalDecision decision) {
    switch (decision) {
      case LogicalDecision.Enable _ -> retries.enabled(errors(seen));
      case LogicalDecision.CreateType _,
          LogicalDecision.CreateTable _,
          LogicalDecision.AlterTable _,
          LogicalDecision.Unpublish _,
          LogicalDecision.Configure _ ->
          retries.changed(seen.at());
      case LogicalDecision.Rebuild _ -> age.forget();
      case LogicalDecision.Truncate _,
          LogicalDecision.Publish _,
          LogicalDecision.Resync _,
          LogicalDecision.Subscribe _,
          LogicalDecision.Refresh _,
          LogicalDecision.Disable _,
          LogicalDecision.Drop _,
          LogicalDecision.Nothing _,
          LogicalDecision.Wait _,
          Refuse _ -> {}
    }
  }

  private static Optional<SubscriptionView> subscription(LogicalObservation seen) {
    return seen.target() instanceof LogicalTarget.Known known
        ? known.subscription()
        : Optional.empty();
  }

  private static long errors(LogicalObservation seen) {
    return subscription(seen).map(SubscriptionView::errors).orElse(0L);
  }

  /** What the same action ended with the last time: while it is tried again it is not forgotten. */
  private Optional<TidemarkException> failureOf(LogicalDecision decision) {
    return Optional.ofNullable(last)
        .filter(before -> before.decision().word().equals(decision.word()))
        .flatMap(LogicalReport::failure);
  }

  private LogicalReport report(
      LogicalObservation seen,
      LogicalDecision decision,
      boolean acting,
      Optional<TidemarkException> failure) {
    Instant since =
        Optional.ofNullable(last)
            .filter(before -> before.decision().word().equals(decision.word()))
            .map(LogicalReport::since)
            .orElse(seen.at());
    Optional<LogicalProgress> progress =
        seen.source() instanceof LogicalSource.Known known
            ? Optional.of(known.progress())
            : Optional.empty();
    List<LogicalReport.Table> tables = LogicalReporter.tables(spec, seen);
    LogicalReport report =
        new LogicalReport(
            spec.pipeline().name(),
            seen.at(),
            seen.wish(),
            decision,
            since,
            acting,
            failure,
            LogicalReporter.follows(seen),
            LogicalReporter.ready(tables),
            LogicalReporter.complete(tables),
            progress.flatMap(now -> age.seen(now, seen.at())),
            progress.map(LogicalReporter::lagBytes).orElseGet(OptionalLong::empty),
            subscription(seen).flatMap(SubscriptionView::heardAt),
            errors(seen),
            tables);
    last = report;
    tell(report);
    tellHeld(report);
    reports.accept(report);
    return report;
  }

  /** Once per changed decision, and once per changed failure. */
  private void tell(LogicalReport report) {
    LogicalDecision decision = report.decision();
    String failed = report.failure().map(TidemarkException::getMessage).orElse("");
    String now = decision.word() + NUMBER.matcher(decision.why()).replaceAll("") + failed;
    if (now.equals(told)) {
      return;
    }
    told = now;
    if (report.failure().isPresent()) {
      LOG.error(
          "pipeline {}: {} failed ({}): {}",
          report.pipeline(),
          decision.word(),
          decision.why(),
          report.failure().get().explain());
    } else if (decision instanceof Refuse(String why, String advice)) {
      LOG.warn("pipeline {}: not done by itself: {}. {}", report.pipeline(), why, advice);
    } else {
      LOG.info("pipeline {}: {}: {}", report.pipeline(), decision.word(), decision.why());
    }
  }

  /** Once per table and reason: the others go on without it. */
  private void tellHeld(LogicalReport report) {
    Set<String> held =
        report.tables().stream()
            .filter(table -> table.state() == LogicalReport.State.HELD)
            .map(table -> table.name() + " is held: " + table.reason())
            .collect(Collectors.toSet());
    held.stream()
        .filter(each -> !heldTold.contains(each))
        .sorted()
        .forEach(each -> LOG.warn("pipeline {}: {}", report.pipeline(), each));
    heldTold = held;
  }

  /** Ends its sessions, and with them its lock. */
  @Override
  public void close() {
    source.close();
    target.close();
  }
}
