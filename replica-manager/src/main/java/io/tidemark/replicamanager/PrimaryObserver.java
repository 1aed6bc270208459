package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.Row;
import io.tidemark.postgres.StandbyRow;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.replicamanager.PrimaryView.Known;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server that replicas stream from. Several replicas share one: an answer, or that there is
 * none, counts for two seconds. Of several hosts it takes the primary, and looks for it anew
 * whenever the session ends, as it does where a primary is gone or became a standby. Safe for use
 * by many threads.
 */
public final class PrimaryObserver implements AutoCloseable {
  private static final Duration COUNTS_FOR = Duration.ofSeconds(2);
  private static final String FACTS =
      "SELECT coalesce(host(inet_server_addr()), 'local') || ':' || current_setting('port') AS server,"
          + " current_setting('max_connections')::int AS connections,"
          + " current_setting('max_worker_processes')::int AS workers,"
          + " current_setting('max_wal_senders')::int AS senders,"
          + " current_setting('max_prepared_transactions')::int AS prepared,"
          + " current_setting('max_locks_per_transaction')::int AS locks,"
          + " (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep,"
          + " current_setting('synchronous_standby_names') AS synchronous";

  private final PostgresEndpoint server;
  private final KeptSession session;
  private final boolean wantsPrimary;
  private WalRate rate = WalRate.unknown();
  private @Nullable SystemId systemId;
  private @Nullable TimelineHistory history;
  private @Nullable PrimaryView last;
  private long lookedAtNanos;

  public PrimaryObserver(PostgresEndpoint server) {
    this.server = server;
    this.session = new KeptSession(server);
    this.wantsPrimary = server.target() == PostgresEndpoint.Target.PRIMARY;
  }

  /** What it says, now or a moment ago. */
  public synchronized PrimaryView look() {
    PrimaryView known = last;
    if (known != null && System.nanoTime() - lookedAtNanos < COUNTS_FOR.toNanos()) {
      return known;
    }
    PrimaryView seen = ask();
    last = seen;
    lookedAtNanos = System.nanoTime();
    return seen;
  }

  /** The next look asks again. */
  public synchronized void forget() {
    last = null;
  }

  private PrimaryView ask() {
    try {
      PostgresSession open = session.get();
      boolean inRecovery = open.isInRecovery();
      if (inRecovery && wantsPrimary) {
        disconnect();
        return new PrimaryView.Unknown("the server that was the primary is a standby now");
      }
      return known(open, inRecovery);
    } catch (TidemarkException e) {
      disconnect();
      return new PrimaryView.Unknown(e.getMessage());
    }
  }

  private Known known(PostgresSession open, boolean inRecovery) {
    SystemId id = identified(open);
    TimelineHistory ancestry = historyOf(open.currentTimeline());
    List<ReplicationSlotRow> slots = open.replicationSlots();
    List<StandbyRow> standbys = open.standbys();
    Lsn current = open.currentWalLsn();
    rate = rate.next(current, System.nanoTime());
    return open.first(
            FACTS,
            row ->
                new Known(
                    Instant.now(),
                    row.text("server"),
                    inRecovery,
                    id,
                    ancestry,
                    current,
                    rate.bytesPerSecond(),
                    facts(open, row),
                    KeepLimit.ofMegabytes(row.text("keep")),
                    row.text("synchronous"),
                    slots,
                    standbys))
        .orElseThrow(() -> new IllegalStateException("a query of one row gave none"));
  }

  private static PrimaryFacts facts(PostgresSession open, Row row) throws SQLException {
    return new PrimaryFacts(
        open.serverVersion().major(),
        (int) row.number("connections"),
        (int) row.number("workers"),
        (int) row.number("senders"),
        (int) row.number("prepared"),
        (int) row.number("locks"));
  }

  private SystemId identified(PostgresSession open) {
    SystemId known = systemId;
    if (known == null) {
      known = open.systemIdentifier();
      systemId = known;
    }
    return known;
  }

  private TimelineHistory historyOf(Timeline timeline) {
    TimelineHistory known = history;
    if (known == null || !known.timeline().equals(timeline)) {
      known = fetch(timeline);
      history = known;
    }
    return known;
  }

  private TimelineHistory fetch(Timeline timeline) {
    if (timeline.id() == 1) {
      return TimelineHistory.root(timeline);
    }
    try (ReplicationConnection replication = ReplicationConnection.open(server)) {
      return TimelineHistory.parse(timeline, replication.timelineHistory(timeline).content());
    }
  }

  private void disconnect() {
    session.close();
    systemId = null;
    history = null;
  }

  @Override
  public synchronized void close() {
    disconnect();
  }
}
