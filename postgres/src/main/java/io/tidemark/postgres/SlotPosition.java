package io.tidemark.postgres;

import java.util.Optional;

/**
 * A physical slot that exists, as READ_REPLICATION_SLOT shows it.
 *
 * @param restart the oldest WAL that it keeps; empty where it has never reserved any, or has lost
 *     it
 * @param timeline on which that lies
 */
public record SlotPosition(Optional<Lsn> restart, Optional<Timeline> timeline) {}
