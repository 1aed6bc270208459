package io.tidemark.backup;

/** Follows a backup. Called from several threads. */
public interface BackupProgress {
  /** Follows nothing. */
  BackupProgress NONE = new BackupProgress() {};

  /** A step of the backup begins, such as "waiting for the checkpoint". */
  default void step(String what) {}

  /** The files are listed: so many bytes are to be read. */
  default void listed(long files, long bytes) {}

  /** So many more bytes were read, and stored or found to be stored already. */
  default void copied(long bytes) {}
}
