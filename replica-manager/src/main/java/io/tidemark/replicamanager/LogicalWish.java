package io.tidemark.replicamanager;

/** What a native pipeline is to be, by command. */
public enum LogicalWish {
  /** It copies and follows. */
  RUNNING,
  /** It stands still; its slot keeps WAL on the source. */
  PAUSED,
  /** Subscription, slot and publication are taken away; the target's tables stay. */
  DROPPED
}
