package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import java.util.Optional;

/**
 * What is known of a feed before it is decided what to do.
 *
 * @param wish what somebody asked for; empty: nobody has started it
 * @param feed how far it is; empty: it has not begun
 * @param slot empty: there is none of that name
 * @param systemId of the source
 * @param walLevel the source's wal_level
 * @param sourceEnd how far the source has written
 * @param departure what the source has instead of what was applied; empty: nothing
 */
record FeedObservation(
    Optional<String> wish,
    Optional<FeedRow> feed,
    Optional<ReplicationSlotRow> slot,
    String systemId,
    String walLevel,
    Lsn sourceEnd,
    Optional<String> departure) {}
