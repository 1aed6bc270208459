package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;

/** Why a server refuses a replication command or ends a stream. */
public enum ReplicationFailure {
  /** The WAL that was asked for is no longer on the server: a gap, unless the archive has it. */
  WAL_REMOVED(ErrorCode.SLOT_UNUSABLE),
  /** There is no such slot (42704). */
  SLOT_MISSING(ErrorCode.SLOT_UNUSABLE),
  /**
   * A publication that a logical stream is to have does not exist; from 18 on the server skips it.
   */
  PUBLICATION_MISSING(ErrorCode.POSTGRES_REFUSED),
  /** Somebody else streams from the slot (55006). */
  SLOT_ACTIVE(ErrorCode.SLOT_UNUSABLE),
  /** The slot was invalidated, or is not one of that kind or database (55000). */
  SLOT_INVALIDATED(ErrorCode.SLOT_UNUSABLE),
  /** A slot of that name is there already (42710). */
  SLOT_EXISTS(ErrorCode.SLOT_UNUSABLE),
  /** The server's history has no such timeline, or left it before the position asked for. */
  NOT_IN_HISTORY(ErrorCode.POSTGRES_REFUSED),
  /** The position asked for is beyond what the server has flushed. */
  AHEAD_OF_SERVER(ErrorCode.POSTGRES_REFUSED),
  /** The server is shutting down, or ended the session. */
  SERVER_ENDING(ErrorCode.POSTGRES_UNREACHABLE),
  /** Anything else: see the message. */
  OTHER(ErrorCode.POSTGRES_REFUSED);

  private final ErrorCode code;

  ReplicationFailure(ErrorCode code) {
    this.code = code;
  }

  /** What the operator is told. */
  public ErrorCode code() {
    return code;
  }
}
