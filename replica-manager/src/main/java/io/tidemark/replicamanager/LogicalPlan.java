package io.tidemark.replicamanager;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What would be done for a native pipeline.
 *
 * @param tables that would be taken, in the order of their names
 * @param left that a pattern matches and that would not be
 * @param steps what would be made or altered before rows flow, phrases for people
 * @param walLevel of the source
 * @param unable why the target's role may not make a subscription, with what to do; empty: it may
 * @param keepLimitBytes that a slot may keep at the source; empty: no limit
 */
public record LogicalPlan(
    List<Table> tables,
    List<Left> left,
    List<String> steps,
    String walLevel,
    Optional<String> unable,
    OptionalLong keepLimitBytes) {

  /**
   * A table.
   *
   * @param rows estimated; empty where nobody has counted yet
   * @param bytes that are read for its copy at most; 0 where it follows already
   * @param columns how many leave
   * @param where the row filter
   */
  public record Table(
      TableName name, OptionalLong rows, long bytes, int columns, Optional<String> where) {}

  /**
   * A table that is not taken.
   *
   * @param advice empty where it is left out by policy
   */
  public record Left(TableName name, String why, String advice) {
    @Override
    public String toString() {
      return "%s: %s%s".formatted(name, why, advice.isEmpty() ? "" : ". " + advice);
    }
  }

  public LogicalPlan {
    tables = List.copyOf(tables);
    left = List.copyOf(left);
    steps = List.copyOf(steps);
  }
}
