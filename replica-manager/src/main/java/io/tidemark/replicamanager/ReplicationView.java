package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a server said of its replication at one moment.
 *
 * @param at by this machine's clock
 * @param current end of its WAL; on a standby, of what it has received or replayed
 * @param bytesPerSecond at which WAL is written; empty at the first observation
 * @param highBytesPerSecond that 95 of the last day's minutes stayed below; empty at first
 * @param slots all that the server has, and those that are owned and missing
 * @param horizon who keeps VACUUM from removing dead rows
 */
public record ReplicationView(
    Instant at,
    boolean inRecovery,
    Lsn current,
    OptionalDouble bytesPerSecond,
    OptionalDouble highBytesPerSecond,
    KeepLimit keepLimit,
    List<SlotView> slots,
    List<StandbyLag> standbys,
    List<HorizonHolder> horizon) {
  public ReplicationView {
    slots = List.copyOf(slots);
    standbys = List.copyOf(standbys);
    horizon = List.copyOf(horizon);
  }

  /** Who streams under a name, empty where nobody does. */
  public Optional<StandbyLag> standby(String applicationName) {
    return standbys.stream()
        .filter(row -> row.applicationName().equals(applicationName))
        .findFirst();
  }
}
