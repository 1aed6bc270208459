package io.tidemark.postgres;

import java.util.Optional;

/**
 * What IDENTIFY_SYSTEM says.
 *
 * @param timeline the server's current one
 * @param flushed how far the server has flushed its WAL (on a standby: replayed or received)
 * @param database empty on a physical replication connection
 */
public record SystemIdentity(
    SystemId systemId, Timeline timeline, Lsn flushed, Optional<String> database) {}
