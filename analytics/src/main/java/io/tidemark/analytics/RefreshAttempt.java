package io.tidemark.analytics;

import io.tidemark.analytics.RefreshOutcome.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is known of a refresh on its way to its outcome. */
final class RefreshAttempt {
  private final String view;
  private final Instant due;
  private final Instant begun;
  private final List<RefreshOutcome> before;
  private final List<String> why = new ArrayList<>();
  private Optional<Instant> startedAt = Optional.empty();
  private Optional<Instant> dataAsOf = Optional.empty();
  private boolean late;
  private boolean concurrently;

  RefreshAttempt(String view, Instant due, Instant begun, List<RefreshOutcome> before) {
    this.view = view;
    this.due = due;
    this.begun = begun;
    this.before = List.copyOf(before);
    before.stream()
        .filter(each -> each.result() == Result.FAILED)
        .forEach(each -> why.add(each.view() + ", which it reads, could not be refreshed"));
  }

  String view() {
    return view;
  }

  Instant due() {
    return due;
  }

  /** The wait is over. */
  void start(Instant now, RefreshSources sources, Optional<Instant> oldest) {
    startedAt = Optional.of(now);
    dataAsOf = oldest;
    List<String> behind = sources.late(due);
    late = !behind.isEmpty();
    if (late) {
      why.add("late at the wait's limit: " + String.join(", ", behind));
    }
    List<String> paused = sources.pausedBehind(due);
    if (!paused.isEmpty()) {
      why.add("not waited for because paused: " + String.join(", ", paused));
    }
  }

  /**
   * @param hindrance why it is not done concurrently
   */
  void decide(Optional<String> hindrance) {
    concurrently = hindrance.isEmpty();
    hindrance.ifPresent(reason -> why.add("readers had to wait: " + reason));
  }

  RefreshOutcome refreshed(Instant now) {
    return outcome(now, late ? Result.REFRESHED_LATE : Result.REFRESHED, "");
  }

  RefreshOutcome doneBefore(Instant now) {
    return outcome(now, Result.DONE_BEFORE, "");
  }

  RefreshOutcome failed(Instant now, String error) {
    dataAsOf = Optional.empty();
    return outcome(now, Result.FAILED, error);
  }

  private RefreshOutcome outcome(Instant now, Result result, String error) {
    Instant start = startedAt.orElse(now);
    return new RefreshOutcome(
        view,
        due,
        start,
        now,
        dataAsOf,
        concurrently,
        String.join("; ", why),
        Duration.between(begun, start),
        result,
        error,
        before);
  }
}
