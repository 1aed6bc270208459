package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a server said of its replication at one moment.
 *
 * @param at by this machine's clock
 * @param current end of its WAL; on a standby, of what it has received or replayed
 * @param bytesPerSecond at which WAL is written; empty at the first observation
 * @param slots all that the server has, and those that are expected and missing
 */
public record ReplicationView(
    Instant at,
    boolean inRecovery,
    Lsn current,
    OptionalDouble bytesPerSecond,
    KeepLimit keepLimit,
    List<SlotView> slots,
    List<StandbyLag> standbys) {
  public ReplicationView {
    slots = List.copyOf(slots);
    standbys = List.copyOf(standbys);
  }
}
