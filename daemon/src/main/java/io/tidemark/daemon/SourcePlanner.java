package io.tidemark.daemon;

import io.tidemark.analytics.CopyEstimate;
import io.tidemark.analytics.CopyFacts;
import io.tidemark.analytics.FeedInspector;
import io.tidemark.analytics.FeedPlan;
import io.tidemark.analytics.TableProblem;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

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

  SourcePlan plan(AnalyticsDesk desk, AnalyticsPlan.Merge plan) throws InterruptedException {
    try (FeedInspector inspector = new FeedInspector(plan.spec())) {
      FeedPlan found = inspector.plan();
      Rate rate = copyRate(plan, inspector);
      long wal = options.walRate.isPresent() ? options.walRate.getAsLong() : walRate(inspector);
      OptionalLong free = freeOf(desk);
      CopyEstimate estimate =
          CopyEstimate.of(
              new CopyFacts(
                  found.bytes(),
                  found.targetBytes(),
                  free,
                  rate.bytesPerSecond(),
                  wal,
                  found.keepLimitBytes(),
                  options.applyRate));
      return new SourcePlan(
          plan.pipeline().name(),
          plan.source().name(),
          "merge",
          found.tables(),
          found.problems().stream().map(TableProblem::toString).toList(),
          found.bytes(),
          found.targetBytes(),
          boxed(free),
          boxed(found.keepLimitBytes()),
          rate.bytesPerSecond(),
          rate.from(),
          wal,
          estimate,
          refusals(found, estimate),
          estimate.warnings());
    }
  }

  private static List<String> refusals(FeedPlan found, CopyEstimate estimate) {
    List<String> refusals = new ArrayList<>();
    if (!found.walLevel().equals("logical")) {
      refusals.add(
          "the source has wal_level = %s; expected logical: ALTER SYSTEM SET wal_level = 'logical';"
                  .formatted(found.walLevel())
              + " and restart it");
    }
    if (found.tables().isEmpty()) {
      refusals.add("no table can be taken");
    }
    refusals.addAll(estimate.refusals());
    return refusals;
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

  private static long walRate(FeedInspector inspector) throws InterruptedException {
    long began = System.nanoTime();
    Lsn from = inspector.sourceEnd();
    Thread.sleep(WAL_LOOK);
    long bytes = Math.max(0, inspector.sourceEnd().minus(from));
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
