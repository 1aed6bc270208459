package io.tidemark.postgres;

/** What pg_control says that the cluster is doing ({@code DBState} in pg_control.h). */
public enum ClusterState {
  STARTUP(0, "starting up"),
  SHUT_DOWN(1, "shut down"),
  SHUT_DOWN_IN_RECOVERY(2, "shut down in recovery"),
  SHUTTING_DOWN(3, "shutting down"),
  IN_CRASH_RECOVERY(4, "in crash recovery"),
  IN_ARCHIVE_RECOVERY(5, "in archive recovery"),
  IN_PRODUCTION(6, "in production");

  private final int code;
  private final String text;

  ClusterState(int code, String text) {
    this.code = code;
    this.text = text;
  }

  /** The state that pg_control writes as {@code code}. Throws IllegalArgumentException if none. */
  static ClusterState of(int code) {
    for (ClusterState state : values()) {
      if (state.code == code) {
        return state;
      }
    }
    throw new IllegalArgumentException("not a cluster state: " + code);
  }

  /** Whether the server ended in order: nothing of it is running. */
  public boolean isShutDown() {
    return this == SHUT_DOWN || this == SHUT_DOWN_IN_RECOVERY;
  }

  /** As pg_controldata prints it. */
  @Override
  public String toString() {
    return text;
  }
}
