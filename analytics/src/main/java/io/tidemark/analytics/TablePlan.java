package io.tidemark.analytics;

/**
 * What becomes of a table before its source is followed on.
 *
 * @param why for people; empty where it goes on
 */
record TablePlan(Kind kind, String why) {
  static final TablePlan GO_ON = new TablePlan(Kind.GO_ON, "");

  /** The alternatives. */
  enum Kind {
    /** It stays as it stands. */
    GO_ON,
    /** It is brought in, again or for the first time. */
    BRING_IN,
    /** It waits for a decision. */
    HOLD
  }

  static TablePlan bringIn(String why) {
    return new TablePlan(Kind.BRING_IN, why);
  }

  static TablePlan hold(String why) {
    return new TablePlan(Kind.HOLD, why);
  }
}
