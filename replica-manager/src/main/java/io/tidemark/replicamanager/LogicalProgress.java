package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.Optional;

/**
 * How far source and slot are at one moment.
 *
 * @param clock of the source, read before {@code current} was
 * @param current where the source writes
 * @param confirmed before which the target has everything; empty where there is no slot
 */
record LogicalProgress(Instant clock, Lsn current, Optional<Lsn> confirmed) {}
