package io.tidemark.config;

/** What a standby is for, and how it gets its WAL. */
public enum ReplicaKind {
  /** For queries: streams asynchronously. */
  READ,
  /** Applies WAL only after a delay, as a window to look back through. */
  DELAYED,
  /** The primary's commits wait for it. */
  SYNC,
  /** Fed from the repository alone, without a connection to the primary. */
  ARCHIVE_ONLY;

  /** As the configuration spells it. */
  public String word() {
    return Kind.spell(this);
  }
}
