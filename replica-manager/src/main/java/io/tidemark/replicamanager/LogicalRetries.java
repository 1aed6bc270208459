package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** When what failed is tried again. One thread uses it. */
final class LogicalRetries {
  private static final Duration ACTION = Duration.ofMinutes(1);
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final int DOUBLINGS = 6;

  private record Failure(Instant until, String why) {}

  private final Map<String, Failure> failures = new HashMap<>();
  private long errorsAtStart;
  private int attempts;
  private @Nullable Instant next;

  /** Something failed that concerns only this. */
  void failed(String subject, String why, Instant at) {
    failures.put(subject, new Failure(at.plus(ACTION), why));
  }

  /** What is not due again. */
  Map<String, String> failures(Instant at) {
    failures.values().removeIf(failure -> !at.isBefore(failure.until()));
    return failures.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().why()));
  }

  /** When a subscription is enabled again that was disabled by an error; empty: at once. */
  Optional<Instant> enable(LogicalTarget target, Instant at) {
    Optional<SubscriptionView> view =
        target instanceof LogicalTarget.Known known ? known.subscription() : Optional.empty();
    if (view.isEmpty() || view.get().enabled() || view.get().errors() <= errorsAtStart) {
      return Optional.empty();
    }
    if (next == null) {
      next = at.plus(FIRST.multipliedBy(1L << Math.min(attempts, DOUBLINGS)));
    }
    return Optional.of(next);
  }

  /** It was enabled, having met so many errors. */
  void enabled(long errors) {
    errorsAtStart = errors;
    attempts++;
    next = null;
  }

  /** Something was changed that may have been the cause. */
  void changed(Instant at) {
    attempts = 0;
    next = at;
  }

  /** It follows. */
  void follows() {
    attempts = 0;
  }
}
