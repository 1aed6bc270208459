package io.tidemark.analytics;

import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that a feed looks around with, kept from turn to turn, and opened anew where one was
 * lost. One thread uses them.
 */
final class FeedLinks implements AutoCloseable {
  /**
   * What one statement writes has no limit but the memory of a batch; emptying a table has none.
   */
  private static final Duration STATEMENT_LIMIT = Duration.ofHours(6);

  private final FeedSpec spec;
  private @Nullable PostgresSession target;
  private @Nullable PostgresSession primary;
  private @Nullable PostgresSession decoded;

  FeedLinks(FeedSpec spec) {
    this.spec = spec;
  }

  /** With the target; its state schema is there. */
  PostgresSession target() {
    PostgresSession open = target;
    if (open == null || open.isClosed()) {
      open = Sessions.target(spec.target());
      target = open;
      StateSchema.install(open, spec.stateSchema());
    }
    return open;
  }

  /** With the target as it is, whether Tidemark has made anything there or not. */
  PostgresSession plainTarget() {
    PostgresSession open = target;
    if (open == null || open.isClosed()) {
      open = Sessions.target(spec.target());
      target = open;
    }
    return open;
  }

  /** With the source's database on its primary. */
  PostgresSession primary() {
    PostgresSession open = primary;
    if (open == null || open.isClosed()) {
      open = source(spec.primary());
      primary = open;
    }
    return open;
  }

  /** With the server whose changes are read: often the same. */
  PostgresSession decoded() {
    if (!spec.fromStandby()) {
      return primary();
    }
    PostgresSession open = decoded;
    if (open == null || open.isClosed()) {
      open = source(spec.decoded());
      decoded = open;
    }
    return open;
  }

  /** The primary comes first: what cannot have its lock soon gives up, and tries later. */
  private static PostgresSession source(PostgresEndpoint endpoint) {
    PostgresSession session = Sessions.source(endpoint);
    session.execute("SET lock_timeout = '5s'");
    return session;
  }

  /** Opens sessions to copy from. */
  Supplier<PostgresSession> sources() {
    return () -> Sessions.source(spec.decoded());
  }

  /** Opens sessions to write with. */
  Supplier<PostgresSession> targets() {
    return () ->
        Sessions.target(
            spec.target().withTimeouts(spec.target().connectTimeout(), STATEMENT_LIMIT));
  }

  @Override
  public void close() {
    for (PostgresSession each : new @Nullable PostgresSession[] {target, primary, decoded}) {
      if (each != null) {
        each.close();
      }
    }
    target = null;
    primary = null;
    decoded = null;
  }
}
