package io.tidemark.postgres;

/** The server refused a replication command, or ended a stream with an error. */
public final class ReplicationException extends PostgresException {
  private static final long serialVersionUID = 1L;

  private final ReplicationFailure failure;

  ReplicationException(ReplicationFailure failure, String sqlState, String found, String hint) {
    super(failure.code(), sqlState, found, hint, null);
    this.failure = failure;
  }

  /** Which kind of refusal it was. */
  public ReplicationFailure failure() {
    return failure;
  }
}
