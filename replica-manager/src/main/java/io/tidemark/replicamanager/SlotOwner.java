package io.tidemark.replicamanager;

import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import java.util.List;

/** Whose a slot is, as far as the configuration and its use tell. */
public enum SlotOwner {
  /** Something that is configured here reads it. */
  TIDEMARK,
  /** Somebody else reads it now, or it is the server's own affair. */
  OTHER,
  /**
   * Nobody reads it and nothing that is configured here ever will; or it has a name of ours and
   * nothing configured has that name.
   */
  NOBODY;

  /** Slots whose names begin so are Tidemark's. */
  public static final String PREFIX = "tidemark_";

  /**
   * Tells it. A temporary slot goes with its session, and one that is synced from another server
   * waits there for a failover.
   *
   * @param owned names of slots that something configured reads
   */
  static SlotOwner of(ReplicationSlotRow slot, List<SlotName> owned) {
    if (owned.contains(slot.name())) {
      return TIDEMARK;
    }
    boolean left = !slot.active() || slot.name().name().startsWith(PREFIX);
    return left && !slot.temporary() && !slot.synced() ? NOBODY : OTHER;
  }
}
