package io.tidemark.daemon;

import io.tidemark.store.StoreException;
import io.tidemark.store.StoreObserver;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Counts a repository's operations. */
record StoreMetrics(Metrics metrics, String repository) implements StoreObserver {
  @Override
  public void done(
      Operation operation, long bytes, Duration took, Optional<StoreException.Kind> failure) {
    String name = word(operation);
    String outcome = failure.map(StoreMetrics::word).orElse("ok");
    metrics.count(Metric.STORE_REQUESTS_TOTAL, 1, repository, name, outcome);
    metrics.count(Metric.STORE_BYTES_TOTAL, (double) bytes, repository, name);
    metrics.took(Metric.STORE_REQUEST_DURATION_SECONDS, took.toNanos() / 1e9, repository, name);
  }

  @Override
  public void retrying(Operation operation, int attempt, StoreException failure) {
    metrics.count(Metric.STORE_RETRIES_TOTAL, 1, repository, word(operation));
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
