package io.tidemark.postgres;

/** What a base backup does with one entry of a data directory. */
public enum FileRule {
  /** Copy it; a directory: and what is in it. */
  COPY,
  /** A directory that must exist after a restore, and whose content must not be copied. */
  KEEP_EMPTY,
  /** A tablespace's symbolic link: the tablespace map restores it. */
  TABLESPACE_LINK,
  /** {@code global/pg_control}: copy it after everything else, restore it after everything else. */
  CONTROL_FILE,
  /** Leave it out. */
  SKIP
}
