package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalInventory;
import java.time.Instant;
import java.util.Optional;

/** What the repository has for a replica. */
public sealed interface ArchiveView {

  /** It was not reached. */
  record Unknown(String why) implements ArchiveView {}

  /**
   * It was looked into.
   *
   * @param at by this machine's clock
   * @param hasBackup whether a completed backup is there to build from
   */
  record Known(Instant at, SystemId systemId, boolean hasBackup, WalInventory wal)
      implements ArchiveView {
    /** The newest archived timeline. */
    public Optional<Timeline> timeline() {
      return wal.newest().map(WalInventory.TimelineInventory::timeline);
    }

    /** Where the newest timeline's archived WAL ends. */
    public Optional<Lsn> frontier() {
      return wal.newest().flatMap(WalInventory.TimelineInventory::frontier);
    }
  }
}
