package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How it stands with one source of a pipeline, as both databases say; no daemon is asked. What is
 * not known is empty.
 *
 * @param state not started, paused, dropping, starting, copying, following, stalled
 * @param dataAsOf the commit time of what was applied last, by the source's clock
 * @param age of that, by the target's clock
 * @param lagBytes of the source's WAL that are not applied
 * @param bytesPerSecond of WAL that was applied while this looked
 * @param headroomBytes of WAL until its slot is in danger; empty: no limit, or not known
 * @param problems what is wrong, each with what to do
 */
record SourceStatus(
    String pipeline,
    String source,
    String engine,
    String state,
    Optional<Instant> dataAsOf,
    Optional<Duration> age,
    Optional<Lsn> applied,
    Optional<Long> lagBytes,
    Optional<Long> bytesPerSecond,
    Optional<Long> headroomBytes,
    long transactions,
    long changes,
    List<AnalyticsReport.Table> tables,
    List<String> problems) {
  SourceStatus {
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
  }
}
