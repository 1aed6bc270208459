package io.tidemark.bench;

import java.util.List;

/**
 * PostgreSQL's own publication and subscription.
 *
 * @param options such as {@code , binary = true}; may be empty
 */
record Subscription(Db source, Db target, String options) {
  private static final String NAME = "bench";

  void publish(List<String> tables) {
    source.sql("CREATE PUBLICATION %s FOR TABLE %s".formatted(NAME, String.join(", ", tables)));
  }

  /** Makes it and waits until every table is copied. */
  void create() {
    target.sql(
        "CREATE SUBSCRIPTION %s CONNECTION '%s' PUBLICATION %s WITH (copy_data = true%s)"
            .formatted(NAME, source.conninfo(), NAME, options));
    target.awaitValue("t", "SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel");
  }

  /** Stops applying; changes stay at the source. */
  void disable() {
    target.sql("ALTER SUBSCRIPTION %s DISABLE".formatted(NAME));
    source.awaitValue("0", "SELECT count(*) FROM pg_replication_slots WHERE active");
  }

  void enable() {
    target.sql("ALTER SUBSCRIPTION %s ENABLE".formatted(NAME));
  }

  /** Drops it with its slot. */
  void drop() {
    target.sql("DROP SUBSCRIPTION " + NAME);
  }
}
