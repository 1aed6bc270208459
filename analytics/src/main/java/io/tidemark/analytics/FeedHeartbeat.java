package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a small transactional message in the source's database now and then, so that on a quiet
 * database, too, the age of the data is known: a message is decoded only in the database in which
 * it was written. Owns its thread until it is closed.
 */
final class FeedHeartbeat implements AutoCloseable {
  static final String PREFIX = "tidemark.analytics";

  private static final Logger LOG = LoggerFactory.getLogger(FeedHeartbeat.class);
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final PostgresEndpoint primary;
  private final Duration period;
  private final String content;
  private final Thread thread;
  private volatile boolean closing;

  FeedHeartbeat(PostgresEndpoint primary, Duration period, String content) {
    this.primary = primary;
    this.period = period;
    this.content = content;
    this.thread = Thread.ofVirtual().name("heartbeat-" + content).start(this::run);
  }

  private void run() {
    while (!closing) {
      try (PostgresSession session = PostgresSession.open(primary)) {
        while (!closing) {
          session.emitMessage(true, PREFIX, content);
          Thread.sleep(period);
        }
      } catch (TidemarkException e) {
        // The feed meets the same trouble and says so; without beats its data visibly ages.
        LOG.debug("{}: no heartbeat", content, e);
        pause();
      } catch (InterruptedException e) {
        closing = true;
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(AGAIN);
    } catch (InterruptedException e) {
      closing = true;
    }
  }

  @Override
  public void close() {
    closing = true;
    thread.interrupt();
  }
}
