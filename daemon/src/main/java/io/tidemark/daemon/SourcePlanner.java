package io.tidemark.daemon;

import io.tidemark.analytics.CopyEstimate;
import io.tidemark.analytics.CopyFacts;
import io.tidemark.analytics.FeedInspector;
import io.tidemark.analytics.FeedPlan;
import io.tidemark.analytics.TableProblem;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.LogicalInspector;
import io.tidemark.replicamanager.LogicalPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Asks both databases what the begin of a source would take. Changes nothing. */
final class SourcePlanner {
  private static final Duration WAL_LOOK = Duration.ofSeconds(3);

  /** Of one worker, where no table is large enough to measure it. */
  private static final long ASSUMED_BYTES_PER_SECOND = 20_000_000;

  private static final List<String> HERE = List.of("localhost", "127.0.0.1", "::1");

  private final PlanOptions options;

  SourcePlanner(PlanOptions options) {
    this.options = options;
  }

  /** A rate and where it comes from. */
  private record Rate(long bytesPerSecond, String from) {}

  /** What is known of a source before anything is estimated, whichever engine would move it. */
  private record Facts(
      List<FeedPlan.Table> tables,
      List<String> problems,
      List<String> steps,
      List<String> refusals,
      OptionalLong keepLimitBytes) {
    long bytes() {
      return tables.stream().mapToLong(FeedPlan.Table::bytes).sum();
    }

    long targetBytes() {
      return tables.stream().mapToLong(FeedPlan.Table::targetBytes).sum();
    }
  }

  SourcePlan plan(AnalyticsDesk desk, AnalyticsPlan plan) throws InterruptedException {
    return switch (plan) {
      case AnalyticsPlan.Merge merge -> merged(desk, merge);
      case AnalyticsPlan.Native its -> subscribed(desk, its);
    };
  }

  private SourcePlan merged(AnalyticsDesk desk, AnalyticsPlan.Merge plan)
      throws InterruptedException {
    try (FeedInspector inspector = new FeedInspector(plan.spec())) {
      FeedPlan found = inspector.plan();
      Facts facts =
          new Facts(
              found.tables(),
              found.problems().stream().map(TableProblem::toString).toList(),
              List.of(),
              refusals(found.walLevel(), found.tables().isEmpty()),
              found.keepLimitBytes());
      Rate rate = copyRate(plan, inspector);
      return estimated(desk, plan, facts, rate, walRate(inspector::sourceEnd));
    }
  }

  private SourcePlan subscribed(AnalyticsDesk desk, AnalyticsPlan.Native plan)
      throws InterruptedException {
    try (LogicalInspector inspector = new LogicalInspector(plan.spec())) {
      LogicalPlan found = inspector.plan();
      List<String> refusals = refusals(found.walLevel(), found.tables().isEmpty());
      found.unable().ifPresent(refusals::add);
      Facts facts =
          new Facts(
              found.tables().stream().map(NativeTables::planned).toList(),
              found.left().stream().map(LogicalPlan.Left::toString).toList(),
              found.steps(),
              refusals,
              found.keepLimitBytes());
      Rate rate = syncRate(desk, facts);
      return estimated(desk, plan, facts, rate, walRate(inspector::sourceEnd));
    }
  }

  private SourcePlan estimated(
      AnalyticsDesk desk, AnalyticsPlan plan, Facts facts, Rate rate, long wal) {
    OptionalLong free = freeOf(desk);
    CopyEstimate estimate =
        CopyEstimate.of(
            new CopyFacts(
                facts.bytes(),
                facts.targetBytes(),
                free,
                rate.bytesPerSecond(),
                wal,
                facts.keepLimitBytes(),
                options.applyRate));
    List<String> refusals = new ArrayList<>(facts.refusals());
    refusals.addAll(estimate.refusals());
    return new SourcePlan(
        plan.pipeline().name(),
        plan.source().name(),
        plan.pipeline().engine().name().toLowerCase(Locale.ROOT),
        facts.tables(),
        facts.problems(),
        facts.steps(),
        facts.bytes(),
        facts.targetBytes(),
        boxed(free),
        boxed(facts.keepLimitBytes()),
        rate.bytesPerSecond(),
        rate.from(),
        wal,
        estimate,
        refusals,
        estimate.warnings());
  }

  private static List<String> refusals(String walLevel, boolean nothing) {
    List<String> refusals = new ArrayList<>();
    if (!walLevel.equals("logical")) {
      refusals.add(
          "the source has wal_level = %s; expected logical: ALTER SYSTEM SET wal_level = 'logical';"
                  .formatted(walLevel)
              + " and restart it");
    }
    if (nothing) {
      refusals.add("no table can be taken");
    }
    return refusals;
  }

  /** A table is copied by one worker of the target's. */
  private Rate syncRate(AnalyticsDesk desk, Facts facts) {
    if (options.rate.isPresent()) {
      return new Rate(options.rate.getAsLong(), "given");
    }
    int workers =
        desk.state()
            .session()
            .setting("max_sync_workers_per_subscription")
            .map(Integer::parseInt)
            .orElse(1);
    return new Rate(
        ASSUMED_BYTES_PER_SECOND * Math.clamp(workers, 1, Math.max(1, facts.tables().size())),
        "assumed");
  }

  private Rate copyRate(AnalyticsPlan plan, FeedInspector inspector) {
    if (options.rate.isPresent()) {
      return new Rate(options.rate.getAsLong(), "given");
    }
    int workers = plan.pipeline().copy().workers();
    OptionalLong one = inspector.readBytesPerSecond();
    Rate rate =
        one.isPresent()
            ? new Rate(one.getAsLong() * workers, "measured")
            : new Rate(ASSUMED_BYTES_PER_SECOND * workers, "assumed");
    OptionalLong limit = plan.pipeline().copy().rateBytesPerSecond();
    return limit.isPresent() && limit.getAsLong() < rate.bytesPerSecond()
        ? new Rate(limit.getAsLong(), "limit")
        : rate;
  }

  private long walRate(Supplier<Lsn> sourceEnd) throws InterruptedException {
    if (options.walRate.isPresent()) {
      return options.walRate.getAsLong();
    }
    long began = System.nanoTime();
    Lsn from = sourceEnd.get();
    Thread.sleep(WAL_LOOK);
    long bytes = Math.max(0, sourceEnd.get().minus(from));
    return (long) (bytes * 1e9 / Math.max(1, System.nanoTime() - began));
  }

  /** Free where the target's files are, if they are on this machine and may be seen. */
  private static OptionalLong freeOf(AnalyticsDesk desk) {
    if (!desk.settings().target().hosts().stream().allMatch(SourcePlanner::isHere)) {
      return OptionalLong.empty();
    }
    PostgresSession target = desk.state().session();
    Optional<Path> data = target.setting("data_directory").map(Path::of);
    if (data.isEmpty() || !Files.isReadable(data.get())) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Files.getFileStore(data.get()).getUsableSpace());
    } catch (IOException e) {
      // Of another machine behind a tunnel, or not ours to see: then it is unknown.
      return OptionalLong.empty();
    }
  }

  private static boolean isHere(String host) {
    return HERE.contains(host) || host.startsWith("/");
  }

  private static Optional<Long> boxed(OptionalLong value) {
    return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
  }
}
