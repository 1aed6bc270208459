package io.tidemark.replicamanager;

import io.tidemark.postgres.ControlFile;

/** What a replica's settings must hold to, from all that is known of its primary. */
final class ReplicaFacts {
  /** PostgreSQL's own defaults, until a directory tells. */
  private static final PrimaryFacts DEFAULTS = new PrimaryFacts(0, 100, 8, 10, 0, 64);

  private ReplicaFacts() {}

  /** Before there is a directory. */
  static PrimaryFacts known(Observation seen) {
    return seen.primary() instanceof PrimaryView.Known primary ? primary.facts() : DEFAULTS;
  }

  /**
   * With a directory. What its WAL has told may be more than the primary has now: until its replay
   * has passed the change, the server needs that.
   */
  static PrimaryFacts of(Observation seen, ControlFile control) {
    PrimaryFacts told = PrimaryFacts.of(control);
    return seen.primary() instanceof PrimaryView.Known primary
        ? primary.facts().atLeast(told)
        : told;
  }
}
