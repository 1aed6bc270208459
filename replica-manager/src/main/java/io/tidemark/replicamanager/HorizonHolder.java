package io.tidemark.replicamanager;

import java.time.Duration;

/**
 * One that keeps VACUUM on the primary from removing dead rows.
 *
 * @param name of the slot, or the standby's application_name
 * @param transactions begun since the oldest that it may still see
 * @param held how long that has been the same transaction, as far as was observed
 */
public record HorizonHolder(Kind kind, String name, long transactions, Duration held) {
  /** By what it does so. */
  public enum Kind {
    SLOT,
    /** By hot_standby_feedback, without a slot or beside it. */
    STANDBY
  }
}
