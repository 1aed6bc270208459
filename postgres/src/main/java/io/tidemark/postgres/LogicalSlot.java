package io.tidemark.postgres;

import java.util.Optional;

/**
 * A logical slot that was made just now.
 *
 * @param consistentPoint its stream begins with the first transaction that commits after it
 * @param snapshot sees exactly what committed before; it ends with the next command of the
 *     connection that made the slot. Empty where none was asked for
 */
public record LogicalSlot(SlotName name, Lsn consistentPoint, Optional<String> snapshot) {}
