package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks the target of a native pipeline, in a session that holds the pipeline's lock there: of two
 * daemons one works. One thread uses it at a time.
 */
final class LogicalTargetObserver implements AutoCloseable {
  private static final String SUBSCRIPTION =
      "SELECT s.subenabled, s.subslotname, s.subbinary,"
          + " array_to_string(s.subpublications, ',') AS publications,"
          + " w.pid IS NOT NULL AS runs, w.latest_end_lsn, w.last_msg_receipt_time,"
          + " coalesce(e.apply_error_count + e.sync_error_count, 0) AS errors"
          + " FROM pg_subscription s LEFT JOIN pg_stat_subscription_stats e ON e.subid = s.oid"
          + " LEFT JOIN LATERAL (SELECT w.* FROM pg_stat_subscription w WHERE w.subid = s.oid"
          + " AND w.relid IS NULL AND w.pid IS NOT NULL"
          + " ORDER BY w.latest_end_lsn DESC NULLS LAST LIMIT 1) AS w ON true WHERE s.subname = ?"
          + " AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

  private static final String TABLES =
      "SELECT n.nspname, c.relname, r.srsubstate::text AS state,"
          + " coalesce(p.bytes_processed, 0) AS bytes, coalesce(p.tuples_processed, 0) AS tuples"
          + " FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid"
          + " JOIN pg_class c ON c.oid = r.srrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " LEFT JOIN pg_stat_progress_copy p ON p.relid = c.oid AND p.command = 'COPY FROM'"
          + " AND p.datname = current_database() WHERE s.subname = ?"
          + " AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

  private final LogicalSpec spec;
  private final LogicalState state;
  private final KeptSession session;
  private @Nullable PostgresSession locked;

  LogicalTargetObserver(LogicalSpec spec, LogicalState state) {
    this.spec = spec;
    this.state = state;
    this.session = new KeptSession(spec.target(), "SET search_path = ''");
  }

  /**
   * The session that it asks with.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED
   */
  PostgresSession session() {
    return session.get();
  }

  LogicalTarget look(LogicalSource source) {
    try {
      PostgresSession open = session.get();
      return lock(open)
          ? kept(open, source)
          : new LogicalTarget.Unknown("another Tidemark works on this pipeline");
    } catch (TidemarkException e) {
      session.close();
      return new LogicalTarget.Unknown(e.getMessage());
    }
  }

  /**
   * Looks without the lock, beside whoever has it, and makes nothing.
   *
   * @throws TidemarkException POSTGRES_UNREACHABLE, POSTGRES_REFUSED
   */
  LogicalTarget.Known peek(LogicalSource source) {
    PostgresSession open = session.get();
    return known(
        open,
        source,
        state.isThere(open) ? state.read(open) : Map.<TableName, LogicalState.Kept>of());
  }

  private boolean lock(PostgresSession open) {
    if (open == locked) {
      return true;
    }
    boolean got =
        open.value(
                "SELECT pg_try_advisory_lock(hashtextextended(?, 0))",
                "tidemark native pipeline " + spec.pipeline().name())
            .filter("t"::equals)
            .isPresent();
    locked = got ? open : null;
    return got;
  }

  private LogicalTarget.Known kept(PostgresSession open, LogicalSource source) {
    state.create(open);
    return known(open, source, state.read(open));
  }

  private LogicalTarget.Known known(
      PostgresSession open, LogicalSource source, Map<TableName, LogicalState.Kept> kept) {
    Set<TableName> names = new HashSet<>(kept.keySet());
    List<LogicalType> types = List.of();
    if (source instanceof LogicalSource.Known known) {
      known.tables().forEach(table -> names.add(table.name()));
      types = known.types();
    }
    LogicalCatalog catalog = new LogicalCatalog(open);
    List<LogicalTable> tables = catalog.tables(LogicalCatalog.Kind.ANY, names::contains);
    Optional<SubscriptionView> subscription = subscription(open);
    Set<TableName> filled = new HashSet<>();
    tables.stream()
        .map(LogicalTable::name)
        .filter(name -> subscription.filter(view -> view.tables().containsKey(name)).isEmpty())
        .filter(name -> isFilled(open, name))
        .forEach(filled::add);
    return new LogicalTarget.Known(
        open.serverVersion().major(), tables, filled, catalog.labels(types), kept, subscription);
  }

  private static boolean isFilled(PostgresSession open, TableName name) {
    return open.value("SELECT EXISTS (SELECT FROM " + name.quoted() + ")")
        .filter("t"::equals)
        .isPresent();
  }

  private Optional<SubscriptionView> subscription(PostgresSession open) {
    Map<TableName, SubscriptionView.TableCopy> tables = new HashMap<>();
    open.query(
        TABLES,
        row ->
            tables.put(
                new TableName(Optional.empty(), row.text("nspname"), row.text("relname")),
                new SubscriptionView.TableCopy(
                    row.text("state"), row.number("bytes"), row.number("tuples"))),
        spec.subscription());
    Optional<Boolean> current = connectionCurrent(open);
    return open.first(
        SUBSCRIPTION,
        row ->
            new SubscriptionView(
                row.flag("subenabled"),
                row.optionalText("subslotname"),
                row.flag("subbinary"),
                Arrays.asList(row.text("publications").split(",", -1)),
                current,
                tables,
                row.flag("runs"),
                row.number("errors"),
                row.optionalLsn("latest_end_lsn"),
                row.optionalInstant("last_msg_receipt_time")),
        spec.subscription());
  }

  private Optional<Boolean> connectionCurrent(PostgresSession open) {
    boolean readable =
        open.value(
                "SELECT has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT')")
            .filter("t"::equals)
            .isPresent();
    return readable
        ? open.value(
                "SELECT subconninfo FROM pg_subscription WHERE subname = ? AND subdbid = (SELECT oid"
                    + " FROM pg_database WHERE datname = current_database())",
                spec.subscription())
            .map(there -> there.equals(spec.conninfo().text()))
        : Optional.empty();
  }

  @Override
  public void close() {
    session.close();
  }
}
