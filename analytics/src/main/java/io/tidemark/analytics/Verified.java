package io.tidemark.analytics;

import java.time.Instant;

/**
 * What the last comparison of a table of a source found.
 *
 * @param complete whether all of its rows were compared
 */
public record Verified(
    String pipeline,
    String source,
    TableName table,
    Instant at,
    long rows,
    long missing,
    long surplus,
    long different,
    boolean complete) {
  public long mismatches() {
    return missing + surplus + different;
  }
}
