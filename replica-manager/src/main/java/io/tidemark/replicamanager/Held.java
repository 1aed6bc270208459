package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a standby was seen to stand still.
 *
 * @param target where it was to
 * @param replayed the end of the last replayed record
 * @param lastCommit when the last replayed transaction ended, by the primary's clock
 */
public record Held(String target, Lsn replayed, Optional<Instant> lastCommit, Timeline timeline) {}
