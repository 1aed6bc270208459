package io.tidemark.replicamanager;

import io.tidemark.postgres.SlotName;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A slot as observed.
 *
 * @param retainedBytes of WAL that it keeps; empty while it reserves none, or is not there
 * @param safeBytes that may be written before it is in danger; empty where nothing limits that, and
 *     where the slot is lost
 * @param timeToLoss how long it may stay unread from now on; empty where that is not known, and
 *     where the slot is lost
 */
public record SlotView(
    SlotName name,
    boolean active,
    SlotOwner owner,
    OptionalLong retainedBytes,
    OptionalLong safeBytes,
    Optional<Duration> timeToLoss,
    SlotHealth health) {

  /** One of ours that is not there. */
  static SlotView missing(SlotName name) {
    return new SlotView(
        name,
        false,
        SlotOwner.TIDEMARK,
        OptionalLong.empty(),
        OptionalLong.empty(),
        Optional.empty(),
        new SlotHealth.Missing());
  }
}
