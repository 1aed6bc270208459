package io.tidemark.config;

/**
 * Every kind of failure that Tidemark tells an operator of, with its stable exit code: the one
 * table behind the command line, the log and {@code docs/OPERATIONS.md}. A code is never used again
 * for something else.
 */
public enum ErrorCode {
  /** The command line itself is wrong. picocli's own code for it. */
  USAGE(2),
  /** The configuration file cannot be read or has problems, all of which are listed. */
  CONFIG_INVALID(10),
  /** A secrets file is missing, empty, or readable by others. */
  SECRET_UNUSABLE(11),
  /** PostgreSQL cannot be reached, or did not answer within the deadline. */
  POSTGRES_UNREACHABLE(20),
  /** PostgreSQL answered, and refused: permission, setting, or state. */
  POSTGRES_REFUSED(21),
  /** The server or data directory belongs to another cluster than the repository. */
  WRONG_CLUSTER(22),
  /** A value or file of PostgreSQL's cannot be understood: damaged, or of an unknown version. */
  POSTGRES_DATA_INVALID(23),
  /** The replication slot is lost, missing, or used by somebody else. */
  SLOT_UNUSABLE(24),
  /** The server is behind the archive: an old primary, or one that was put back in time. */
  SERVER_BEHIND(25),
  /** The object store cannot be reached, or did not answer within the deadline. */
  STORE_UNREACHABLE(30),
  /** The object store answered, and denied: credentials, permission, read-only. */
  STORE_DENIED(31),
  /** An object with the same name and another content is already there. */
  CONTENT_CONFLICT(32),
  /** An object is damaged: wrong checksum, cut short, or not what its name says. */
  OBJECT_DAMAGED(33),
  /** The repository was written by a newer Tidemark. */
  FORMAT_NEWER(34),
  /** There is no such cluster in the repository, or what is there is not a repository. */
  REPOSITORY_MISSING(35),
  /** An object that must be there is not. */
  OBJECT_MISSING(36),
  /** The store has no room, or the spool's disk is full. */
  NO_SPACE(37),
  /** The restore target cannot be reached: the reason names what can. */
  TARGET_UNREACHABLE(40),
  /** A gap in the archived WAL lies between backup and target. */
  WAL_GAP(41),
  /** The target directory is not empty, in use, or of another cluster. */
  DIRECTORY_REFUSED(42),
  /** Recovery ran and did not reach what was asked for, or could not prove it. */
  RECOVERY_UNPROVEN(43),
  /** A backup did not complete. */
  BACKUP_FAILED(44),
  /** Another process holds the lease for this work. */
  LEASE_HELD(50),
  /** A verification read everything and found damage. */
  VERIFY_FAILED(51),
  /** A check found problems; each is printed with what to change. */
  CHECK_FAILED(52),
  /** A program or library that is needed on this machine is missing. */
  SOFTWARE_MISSING(69),
  /** A defect in Tidemark. */
  INTERNAL(70),
  /** The operating system refused: a local file could not be read or written. */
  LOCAL_IO(74),
  /** A wait came to its limit. */
  TIMED_OUT(75),
  /** Ended by a signal or by the operator. */
  INTERRUPTED(130);

  private final int exitCode;

  ErrorCode(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The process exit code, 1 to 130, unique. */
  public int exitCode() {
    return exitCode;
  }
}
