package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PublicationFilter;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks the source of a native pipeline. One thread uses it at a time. */
final class LogicalSourceObserver implements AutoCloseable {
  private static final String PUBLISHED =
      "SELECT p.pubname, n.nspname, c.relname, pg_get_expr(r.prqual, r.prrelid) AS filter,"
          + " (SELECT string_agg(a.attname, E'\\n') FROM pg_attribute a"
          + " WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) AS columns"
          + " FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
          + " JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE p.pubname IN (?, ?) ORDER BY 1, 2, 3";

  private static final String PROGRESS =
      "SELECT pg_current_wal_lsn() AS current, s.confirmed_flush_lsn FROM (VALUES (?)) AS n (name)"
          + " LEFT JOIN pg_replication_slots s ON s.slot_name = n.name";

  /** A filter of a table that looks so was asked about. */
  private record Probe(long oid, String where, List<LogicalColumn> columns) {}

  private final LogicalSpec spec;
  private final KeptSession session;
  private Map<Probe, PublicationFilter> probed = new HashMap<>();

  LogicalSourceObserver(LogicalSpec spec) {
    this.spec = spec;
    this.session = new KeptSession(spec.source(), "SET search_path = ''");
  }

  /**
   * The session that it asks with.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED
   */
  PostgresSession session() {
    return session.get();
  }

  LogicalSource look() {
    try {
      return known(session.get());
    } catch (TidemarkException e) {
      session.close();
      return new LogicalSource.Unknown(e.getMessage());
    }
  }

  /** Asks for nothing else; empty where the source does not answer. */
  Optional<LogicalProgress> progress() {
    try {
      PostgresSession open = session.get();
      Instant clock = open.now();
      return open.first(
          PROGRESS,
          row ->
              new LogicalProgress(
                  clock, row.lsn("current"), row.optionalLsn("confirmed_flush_lsn")),
          spec.slot().name());
    } catch (TidemarkException e) {
      // The next step meets the same trouble and says so; meanwhile its data visibly ages.
      session.close();
      return Optional.empty();
    }
  }

  /**
   * Looks, and does not go on where it cannot.
   *
   * @throws TidemarkException POSTGRES_UNREACHABLE, POSTGRES_REFUSED
   */
  LogicalSource.Known see() {
    return known(session.get());
  }

  private LogicalSource.Known known(PostgresSession open) {
    LogicalCatalog catalog = new LogicalCatalog(open);
    List<LogicalTable> tables =
        catalog.tables(
            LogicalPlanner.kind(spec.pipeline()),
            name -> !name.schema().equals(spec.stateSchema()) && spec.tableOf(name).isPresent());
    return new LogicalSource.Known(
        open.serverVersion().major(),
        open.setting("wal_level").orElse(""),
        open.now(),
        open.currentWalLsn(),
        tables,
        filters(open, tables),
        catalog.types(tables),
        publications(open),
        published(open),
        open.replicationSlots().stream().filter(row -> row.name().equals(spec.slot())).findFirst());
  }

  private Map<TableName, PublicationFilter> filters(
      PostgresSession open, List<LogicalTable> tables) {
    Map<TableName, PublicationFilter> filters = new HashMap<>();
    Map<Probe, PublicationFilter> now = new HashMap<>();
    for (LogicalTable table : tables) {
      Optional<String> where = spec.tableOf(table.name()).flatMap(settings -> settings.where());
      if (where.isPresent()) {
        Probe probe = new Probe(table.oid(), where.get(), table.columns());
        PublicationFilter filter =
            Optional.ofNullable(probed.get(probe))
                .orElseGet(() -> PublicationFilter.probe(open, table.name().quoted(), where.get()));
        now.put(probe, filter);
        filters.put(table.name(), filter);
      }
    }
    probed = now;
    return filters;
  }

  private Set<String> publications(PostgresSession open) {
    return new HashSet<>(
        open.query(
            "SELECT pubname FROM pg_publication WHERE pubname IN (?, ?)",
            row -> row.text("pubname"),
            spec.publication(),
            spec.appendPublication()));
  }

  private List<PublicationTable> published(PostgresSession open) {
    return open.query(
        PUBLISHED,
        row ->
            new PublicationTable(
                row.text("pubname"),
                new TableName(Optional.empty(), row.text("nspname"), row.text("relname")),
                new HashSet<>(row.optionalText("columns").stream().flatMap(String::lines).toList()),
                row.optionalText("filter")),
        spec.publication(),
        spec.appendPublication());
  }

  @Override
  public void close() {
    session.close();
  }
}
