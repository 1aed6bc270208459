package io.tidemark.analytics;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How one refresh of a materialized view went. Times are the target's clock.
 *
 * @param due the moment that the data had to be as fresh as
 * @param startedAt of the REFRESH itself, after the wait
 * @param dataAsOf the age of the oldest data that the view now shows, counting what stands in
 *     materialized views that it reads; empty where it reads none of a pipeline's, or the age of
 *     some is not known
 * @param concurrently readers were not held up
 * @param why it was or was not done concurrently, and which sources were late or paused
 * @param waited for the sources
 * @param error empty unless it failed
 * @param before what was refreshed first because this view reads it and it was due too
 */
public record RefreshOutcome(
    String view,
    Instant due,
    Instant startedAt,
    Instant finishedAt,
    Optional<Instant> dataAsOf,
    boolean concurrently,
    String why,
    Duration waited,
    Result result,
    String error,
    List<RefreshOutcome> before) {

  /** What became of it. */
  public enum Result {
    /** With all data as fresh as asked for. */
    REFRESHED,
    /** All the same, at the wait's limit, with older data of some source. */
    REFRESHED_LATE,
    /** Not done: an earlier run was for this moment or a later one. */
    DONE_BEFORE,
    /** The view shows what it showed before. */
    FAILED
  }

  public RefreshOutcome {
    before = List.copyOf(before);
  }
}
