package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.SystemId;

/** A replica's slot on the server that it streams from. */
final class FeedSlot {
  private final PostgresEndpoint feed;
  private final SlotName slot;

  FeedSlot(PostgresEndpoint feed, SlotName slot) {
    this.feed = feed;
    this.slot = slot;
  }

  /**
   * Makes it where it is missing: from now on the feed keeps WAL for the replica.
   *
   * @return of which cluster the feed is
   */
  SystemId create() {
    try (ReplicationConnection connection = ReplicationConnection.open(feed)) {
      if (connection.readSlot(slot).isEmpty()) {
        connection.createPhysicalSlot(slot, true, false);
      }
      return connection.identity().systemId();
    }
  }

  /** Makes it anew: what it kept is lost. SLOT_UNUSABLE where it is in use. */
  void recreate() {
    try (ReplicationConnection connection = ReplicationConnection.open(feed)) {
      if (connection.readSlot(slot).isPresent()) {
        connection.dropSlot(slot);
      }
      connection.createPhysicalSlot(slot, true, false);
    }
  }

  /** Drops it: the feed keeps no WAL for the replica any more. False where it was not there. */
  boolean drop() {
    try (ReplicationConnection connection = ReplicationConnection.open(feed)) {
      boolean there = connection.readSlot(slot).isPresent();
      if (there) {
        connection.dropSlot(slot);
      }
      return there;
    }
  }
}
