package io.tidemark.analytics;

import java.util.List;

/**
 * What was done to an analyst's role.
 *
 * @param made false where the role was there and was brought up to date
 * @param warnings what the role may do beyond reading and its own schema, each with the SQL that
 *     takes it away
 */
public record AnalystChange(String name, boolean made, List<String> warnings) {
  public AnalystChange {
    warnings = List.copyOf(warnings);
  }
}
