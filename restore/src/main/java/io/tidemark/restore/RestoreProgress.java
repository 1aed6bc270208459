package io.tidemark.restore;

/** Follows a restore. Called from several threads. */
public interface RestoreProgress {
  /** Follows nothing. */
  RestoreProgress NONE = new RestoreProgress() {};

  /** A step begins, such as "writing files". */
  default void step(String what) {}

  /** So many bytes are to be written or compared. */
  default void planned(long bytes) {}

  /** So many more bytes are right in the directory. */
  default void restored(long bytes) {}
}
