package io.tidemark.daemon;

import io.tidemark.analytics.CopyEstimate;
import io.tidemark.analytics.FeedPlan;
import java.util.List;
import java.util.Optional;

/**
 * What the begin of a source would be.
 *
 * @param problems of tables that a pattern matches and that are not taken
 * @param steps what would be made and altered, phrases; empty with the engine merge, which makes
 *     target tables like those in the list
 * @param copyRateFrom given, limit (copy.rate), measured or assumed
 * @param walBytesPerSecond that the source's cluster writes
 * @param refusals why it must not be begun: of the estimate, and of the source itself
 * @param warnings what is not known, or may become a trouble
 */
record SourcePlan(
    String pipeline,
    String source,
    String engine,
    List<FeedPlan.Table> tables,
    List<String> problems,
    List<String> steps,
    long bytes,
    long targetBytes,
    Optional<Long> targetFreeBytes,
    Optional<Long> walKeepLimitBytes,
    long copyBytesPerSecond,
    String copyRateFrom,
    long walBytesPerSecond,
    CopyEstimate estimate,
    List<String> refusals,
    List<String> warnings) {
  SourcePlan {
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
    steps = List.copyOf(steps);
    refusals = List.copyOf(refusals);
    warnings = List.copyOf(warnings);
  }

  boolean passed() {
    return refusals.isEmpty();
  }
}
