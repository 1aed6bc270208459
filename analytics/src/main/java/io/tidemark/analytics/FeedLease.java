package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * That one process alone works on a feed: an advisory lock of the target, which goes with its
 * session. The slot keeps two from following; this keeps two from copying. One thread uses it.
 */
final class FeedLease implements AutoCloseable {
  /** A host that is gone is noticed within a minute. */
  private static final String NOTICED =
      "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10;"
          + " SET tcp_keepalives_count = 3; SET idle_session_timeout = 0";

  private final FeedSpec spec;
  private @Nullable PostgresSession session;

  FeedLease(FeedSpec spec) {
    this.spec = spec;
  }

  /**
   * Takes it, or makes sure that it is still had.
   *
   * @throws TidemarkException LEASE_HELD where another process has it
   */
  void require() {
    if (isHeld()) {
      return;
    }
    close();
    PostgresSession own = Sessions.target(spec.target());
    boolean taken = false;
    try {
      own.execute(NOTICED);
      taken =
          own.value("SELECT pg_try_advisory_lock(hashtextextended(?, 0))::text", name())
              .equals(Optional.of("true"));
    } finally {
      if (!taken) {
        own.close();
      }
    }
    if (!taken) {
      throw new TidemarkException(
          ErrorCode.LEASE_HELD,
          spec.name() + ": another process works on it",
          "look for a second daemon with the same pipeline; one that was killed is forgotten"
              + " within a minute");
    }
    session = own;
  }

  private boolean isHeld() {
    PostgresSession own = session;
    if (own == null || own.isClosed()) {
      return false;
    }
    try {
      return own.value("SELECT 1").isPresent();
    } catch (PostgresException e) {
      // The lock went with the session.
      return false;
    }
  }

  private String name() {
    return "tidemark feed " + spec.stateSchema() + " " + spec.name();
  }

  /** Another process may take it. */
  @Override
  public void close() {
    PostgresSession own = session;
    session = null;
    if (own != null) {
      own.close();
    }
  }
}
