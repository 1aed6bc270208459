package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.StandbyRow;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.TimelineHistory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a server that others stream from says: the primary, or a standby that others cascade from.
 */
public sealed interface PrimaryView {

  /** It is not asked: the replica has no connection to it. */
  record NotUsed() implements PrimaryView {}

  /** It did not answer, or refused. */
  record Unknown(String why) implements PrimaryView {}

  /**
   * It answered.
   *
   * @param at by this machine's clock
   * @param server its address and port, as it says
   * @param history of its timeline
   * @param current end of its WAL; of a standby what it has received or replayed
   * @param bytesPerSecond at which WAL is written there lately
   * @param synchronousNames synchronous_standby_names
   * @param standbys who streams from it
   */
  record Known(
      Instant at,
      String server,
      boolean inRecovery,
      SystemId systemId,
      TimelineHistory history,
      Lsn current,
      OptionalDouble bytesPerSecond,
      PrimaryFacts facts,
      KeepLimit keepLimit,
      String synchronousNames,
      List<ReplicationSlotRow> slots,
      List<StandbyRow> standbys)
      implements PrimaryView {
    public Known {
      slots = List.copyOf(slots);
      standbys = List.copyOf(standbys);
    }

    /** Who streams from it under a name. */
    public Optional<StandbyRow> standby(String applicationName) {
      return standbys.stream().filter(s -> s.applicationName().equals(applicationName)).findFirst();
    }
  }
}
