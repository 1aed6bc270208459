package io.tidemark.analytics;

import java.time.Instant;
import java.util.Optional;

/**
 * How the last refresh of a materialized view went.
 *
 * @param outcome as {@link RefreshOutcome.Result}, in lower case
 * @param succeededAt when one last succeeded; empty: none of those on record
 */
public record LastRefresh(
    String view, String outcome, Instant finishedAt, Optional<Instant> succeededAt, String error) {
  public boolean isFailed() {
    return outcome.equals("failed");
  }
}
