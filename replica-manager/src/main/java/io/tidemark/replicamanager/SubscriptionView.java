package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The subscription on the target.
 *
 * @param slot empty where it was taken from it
 * @param connectionCurrent whether it connects as it is configured; empty where the role may not
 *     see that
 * @param tables → state of pg_subscription_rel
 * @param workerRuns whether its apply worker does
 * @param errors of apply and copies since it was made
 * @param applied up to where the worker has reported to the source
 * @param heardAt when the source last sent something
 */
record SubscriptionView(
    boolean enabled,
    Optional<String> slot,
    boolean binary,
    List<String> publications,
    Optional<Boolean> connectionCurrent,
    Map<TableName, TableCopy> tables,
    boolean workerRuns,
    long errors,
    Optional<Lsn> applied,
    Optional<Instant> heardAt) {

  SubscriptionView {
    publications = List.copyOf(publications);
    tables = Map.copyOf(tables);
  }

  /**
   * How far one table is.
   *
   * @param state i, d, f, s or r: pg_subscription_rel.srsubstate
   * @param copiedBytes while it is copied: so far
   * @param copiedRows as above
   */
  record TableCopy(String state, long copiedBytes, long copiedRows) {
    boolean isReady() {
      return state.equals("r");
    }
  }

  boolean isAllReady() {
    return tables.values().stream().allMatch(TableCopy::isReady);
  }
}
