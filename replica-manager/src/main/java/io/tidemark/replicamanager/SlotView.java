package io.tidemark.replicamanager;

import io.tidemark.postgres.SlotName;
import java.util.OptionalLong;

/**
 * A slot as observed.
 *
 * @param retainedBytes of WAL that it keeps; empty while it reserves none, or is not there
 * @param safeBytes that may be written before it is in danger; empty where nothing limits that, and
 *     where the slot is lost
 */
public record SlotView(
    SlotName name,
    boolean active,
    OptionalLong retainedBytes,
    OptionalLong safeBytes,
    SlotHealth health) {}
