/**
 * What PostgreSQL says of its replication slots and standbys: how far behind, how much WAL they
 * hold back, how near a slot is to being lost.
 */
@NullMarked
package io.tidemark.replicamanager;

import org.jspecify.annotations.NullMarked;
