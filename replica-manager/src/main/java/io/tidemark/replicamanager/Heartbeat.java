package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a small transactional message into the primary's WAL. Its commit is what every standby
 * replays next when nothing else happens, so that the age of the last replayed commit is the age of
 * a standby's data. The message must be transactional: without a commit record no standby's replay
 * timestamp moves. It costs about 105 bytes of WAL and one transaction id.
 *
 * <p>One thread steps and closes; any may ask for {@link #view}.
 */
public final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final String PREFIX = "tidemark";
  private static final int BREAK = 3;

  /** A beat that takes longer is none; the next try is on another connection. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private static final Duration SAVE_EVERY = Duration.ofMinutes(1);

  private final String cluster;
  private final KeptSession session;
  private final BeatLogFile file;
  private long savedAtNanos = System.nanoTime() - SAVE_EVERY.toNanos();
  private volatile HeartbeatView view;

  /**
   * @param primary finds the primary among its hosts at each connection
   * @param period of the steps
   * @param file where it notes when beats were written, over restarts
   */
  public Heartbeat(String cluster, PostgresEndpoint primary, Duration period, Path file) {
    this.cluster = cluster;
    // A beat must not wait for a synchronous standby: its absence is what the beats show.
    this.session =
        new KeptSession(
            primary
                .withApplicationName("tidemark_heartbeat")
                .withTimeouts(least(primary.connectTimeout()), least(primary.statementTimeout())),
            "SET synchronous_commit = local");
    this.file = new BeatLogFile(file);
    BeatLog log = this.file.read(SAVE_EVERY.plus(period.multipliedBy(BREAK)));
    this.view =
        new HeartbeatView(period, Instant.now(), Optional.empty(), Optional.empty(), log, 0, 0);
  }

  private static Duration least(Duration limit) {
    return limit.compareTo(LONGEST) < 0 ? limit : LONGEST;
  }

  public HeartbeatView view() {
    return view;
  }

  /**
   * Writes one beat.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED; the next step connects anew
   * @throws TidemarkException LOCAL_IO; the beat is written
   */
  public void step() {
    try {
      beat(session.get());
    } catch (PostgresException e) {
      HeartbeatView now = view;
      view = with(now.last(), now.offset(), now.log(), now.written(), now.failures() + 1);
      session.close();
      throw e;
    }
    if (System.nanoTime() - savedAtNanos >= SAVE_EVERY.toNanos()) {
      savedAtNanos = System.nanoTime();
      file.write(view.log());
    }
  }

  private void beat(PostgresSession open) {
    Instant asked = Instant.now();
    long askedNanos = System.nanoTime();
    Instant server = open.now();
    Duration roundTrip = Duration.ofNanos(System.nanoTime() - askedNanos);
    HeartbeatView before = view;
    open.emitMessage(true, PREFIX, cluster + " " + (before.written() + 1));
    ClockOffset measured = ClockOffset.measured(asked, server, roundTrip);
    view =
        with(
            Optional.of(Instant.now()),
            Optional.of(before.offset().map(known -> known.next(measured)).orElse(measured)),
            before.log().beat(server),
            before.written() + 1,
            before.failures());
  }

  private HeartbeatView with(
      Optional<Instant> last,
      Optional<ClockOffset> offset,
      BeatLog log,
      long written,
      long failures) {
    return new HeartbeatView(view.period(), view.since(), last, offset, log, written, failures);
  }

  @Override
  public void close() {
    session.close();
    try {
      file.write(view.log());
    } catch (TidemarkException e) {
      LOG.warn("{}: {}", cluster, e.explain());
    }
  }
}
