/**
 * Standbys of this machine: observed as a whole, decided about by a pure function, and made, kept,
 * moved and promoted one action at a time. And what can be said of replication: how far behind a
 * standby is and when it has caught up, how much WAL a slot holds back and how near it is to being
 * lost. And PostgreSQL's own logical subscriptions, kept the same way: {@code LogicalManager}.
 */
@NullMarked
package io.tidemark.replicamanager;

import org.jspecify.annotations.NullMarked;
