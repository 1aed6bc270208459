package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits until the target has what was read of the source a moment ago. One thread uses it. */
final class VerificationPoint {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(20);

  private final PostgresSession source;
  private final PostgresSession target;
  private final VerifiedFeed feed;

  VerificationPoint(PostgresSession source, PostgresSession target, VerifiedFeed feed) {
    this.source = source;
    this.target = target;
    this.feed = feed;
  }

  /**
   * Waits until the feed has passed all that the source shows now.
   *
   * @throws TidemarkException TIMED_OUT where it does not come so far in two minutes, INTERRUPTED
   */
  void await() {
    Lsn goal = shown();
    long begin = System.nanoTime();
    Lsn at = applied();
    while (!at.isAtLeast(goal)) {
      if (Thread.currentThread().isInterrupted()) {
        throw new TidemarkException(
            ErrorCode.INTERRUPTED, feed.name() + ": the verification was interrupted", "");
      }
      if (System.nanoTime() - begin > LIMIT.toNanos()) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT,
            "%s: the feed is at %s; expected %s within %d s"
                .formatted(feed.name(), at, goal, LIMIT.toSeconds()),
            "tidemark analytics status says whether it runs; verify once it follows its source");
      }
      LockSupport.parkNanos(POLL.toNanos());
      at = applied();
    }
  }

  /** What is committed is visible before it is written out: so not the end of what is written. */
  private Lsn shown() {
    return Lsn.parse(
            source
                .value(
                    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                        + " ELSE pg_current_wal_insert_lsn() END")
                .orElseThrow())
        .withoutPageHeader();
  }

  private Lsn applied() {
    return feed.applied(source, target);
  }
}
