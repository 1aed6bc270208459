package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import java.util.Optional;

/** A replica's slot on its feed. */
public sealed interface SlotSight {

  /** It has none: it is fed from the archive. */
  record NotUsed() implements SlotSight {}

  /** The feed did not say. */
  record Unknown(String why) implements SlotSight {}

  /** There is no slot of its name. */
  record Missing() implements SlotSight {}

  /** It is there. */
  record Seen(ReplicationSlotRow row, SlotHealth health) implements SlotSight {
    /** From where on the feed keeps WAL for the replica; empty where it keeps none. */
    public Optional<Lsn> restart() {
      return row.restartLsn();
    }
  }
}
