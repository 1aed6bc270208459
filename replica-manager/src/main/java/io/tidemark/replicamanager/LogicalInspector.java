package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import io.tidemark.replicamanager.LogicalVerdict.Held;
import io.tidemark.replicamanager.LogicalVerdict.Ignored;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Looks at a native pipeline before it is begun, or beside the daemon that keeps it, and changes
 * nothing. Every method throws {@link TidemarkException} where one of the two databases cannot be
 * asked. One thread uses it.
 */
public final class LogicalInspector implements AutoCloseable {
  private static final String PUBLISHED =
      "SELECT schemaname, tablename, attnames::text[] AS columns FROM pg_publication_tables"
          + " WHERE pubname IN (?, ?)";

  private static final String BYTES =
      "SELECT t.oid, sum(pg_table_size(p.relid))::bigint AS bytes"
          + " FROM unnest(string_to_array(?, ',')::oid[]) AS t (oid)"
          + " CROSS JOIN LATERAL pg_partition_tree(t.oid::regclass) AS p GROUP BY t.oid";

  private final LogicalSpec spec;
  private final LogicalSourceObserver source;
  private final LogicalTargetObserver target;

  public LogicalInspector(LogicalSpec spec) {
    this.spec = spec;
    this.source = new LogicalSourceObserver(spec);
    this.target =
        new LogicalTargetObserver(
            spec, new LogicalState(spec.pipeline().name(), spec.stateSchema()));
  }

  /** What both sides have. */
  private record Seen(
      LogicalSource.Known source,
      LogicalTarget.Known target,
      Map<LogicalTable, LogicalVerdict> verdicts) {
    boolean follows(TableName table) {
      return target
          .subscription()
          .flatMap(view -> Optional.ofNullable(view.tables().get(table)))
          .filter(SubscriptionView.TableCopy::isReady)
          .filter(_ -> !target.isStale(table))
          .isPresent();
    }
  }

  private Seen look() {
    LogicalSource.Known from = source.see();
    LogicalTarget.Known to = target.peek(from);
    return new Seen(from, to, LogicalPlanner.verdicts(spec, from, to));
  }

  /** Where each table is that a pattern matches, also those that wait and why. */
  public List<LogicalReport.Table> tables() {
    Seen seen = look();
    return LogicalReporter.tables(
        spec,
        new LogicalObservation(
            Instant.now(),
            LogicalWish.RUNNING,
            List.of(),
            seen.source(),
            seen.target(),
            Map.of(),
            Optional.empty()));
  }

  /** Where the source writes now. */
  public Lsn sourceEnd() {
    return source.session().currentWalLsn();
  }

  /** What the next steps would be. Nothing need be there in the target yet. */
  public LogicalPlan plan() {
    Seen seen = look();
    Map<Long, Long> bytes = bytes(seen.source().tables());
    List<LogicalPlan.Table> tables = new ArrayList<>();
    List<LogicalPlan.Left> left = new ArrayList<>();
    seen.verdicts()
        .forEach(
            (table, verdict) -> {
              switch (verdict) {
                case Follow follow -> tables.add(table(seen, table, follow, bytes));
                case Held(String why, String advice) ->
                    left.add(new LogicalPlan.Left(table.name(), why, advice));
                case Ignored(String why) -> left.add(new LogicalPlan.Left(table.name(), why, ""));
              }
            });
    return new LogicalPlan(
        tables,
        left,
        LogicalSteps.of(spec, seen.source(), seen.target(), seen.verdicts()),
        seen.source().walLevel(),
        unable(),
        KeepLimit.ofMegabytes(
                source
                    .session()
                    .value("SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'")
                    .orElse("-1"))
            .bytes());
  }

  private static LogicalPlan.Table table(
      Seen seen, LogicalTable table, Follow follow, Map<Long, Long> bytes) {
    return new LogicalPlan.Table(
        table.name(),
        table.rows() < 0 ? OptionalLong.empty() : OptionalLong.of(table.rows()),
        seen.follows(table.name()) ? 0 : bytes.getOrDefault(table.oid(), 0L),
        table.sent(follow.as().columns()).size(),
        follow.as().filter());
  }

  private Map<Long, Long> bytes(List<LogicalTable> tables) {
    Map<Long, Long> bytes = new HashMap<>();
    source
        .session()
        .query(
            BYTES,
            row -> bytes.put(row.number("oid"), row.number("bytes")),
            String.join(",", tables.stream().map(table -> "" + table.oid()).toList()));
    return bytes;
  }

  private Optional<String> unable() {
    PostgresSession to = target.session();
    boolean since16 = to.serverVersion().major() >= Subscription.ROLE_SINCE;
    boolean may =
        to.value(
                since16
                    ? "SELECT (pg_has_role(current_user, 'pg_create_subscription', 'USAGE')"
                        + " AND has_database_privilege(current_database(), 'CREATE'))::text"
                    : "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user")
            .filter("true"::equals)
            .isPresent();
    return may
        ? Optional.empty()
        : Optional.of(
            "the target's role may not make a subscription: "
                + (since16
                    ? "GRANT pg_create_subscription and CREATE on the database to it"
                    : "before PostgreSQL 16 only a superuser may"));
  }

  /** Table by table what leaves the source, also of tables that no pattern matches. */
  public List<LogicalPublished> published() {
    Seen seen = look();
    PostgresSession from = source.session();
    Map<TableName, Set<String>> published = new HashMap<>();
    from.query(
        PUBLISHED,
        row ->
            published.put(
                new TableName(Optional.empty(), row.text("schemaname"), row.text("tablename")),
                new HashSet<>(row.texts("columns"))),
        spec.publication(),
        spec.appendPublication());
    boolean there = !seen.source().publications().isEmpty();
    List<LogicalTable> others =
        new LogicalCatalog(from)
            .tables(
                LogicalCatalog.Kind.ANY,
                name -> published.containsKey(name) && spec.tableOf(name).isEmpty());
    return Stream.concat(seen.source().tables().stream(), others.stream())
        .map(
            table ->
                published(
                    seen,
                    table,
                    there
                        ? Optional.of(published.getOrDefault(table.name(), Set.of()))
                        : Optional.empty()))
        .toList();
  }

  private LogicalPublished published(
      Seen seen, LogicalTable table, Optional<Set<String>> published) {
    Optional<Follow> follow =
        seen.verdicts().get(table) instanceof Follow its ? Optional.of(its) : Optional.empty();
    Set<String> list = follow.map(its -> its.as().columns()).orElse(Set.of());
    // A table that is not taken need not be ours in the target, whatever its name is there.
    Optional<LogicalTable> there = follow.flatMap(_ -> seen.target().table(table.name()));
    List<LogicalPublished.Column> columns =
        table.columns().stream()
            .map(column -> published(table, column, follow.isPresent(), list, published, there))
            .toList();
    return new LogicalPublished(
        table.name(),
        follow.isPresent(),
        seen.follows(table.name()),
        follow.filter(its -> its.as().publication().equals(spec.appendPublication())).isPresent(),
        follow.flatMap(its -> its.as().filter()),
        columns);
  }

  private static LogicalPublished.Column published(
      LogicalTable table,
      LogicalColumn column,
      boolean followed,
      Set<String> list,
      Optional<Set<String>> published,
      Optional<LogicalTable> there) {
    boolean listed = list.isEmpty() || (!column.isGenerated() && list.contains(column.name()));
    boolean remains =
        !listed
            && !column.isGenerated()
            && there.flatMap(its -> its.column(column.name())).isPresent();
    return new LogicalPublished.Column(
        column.name(),
        column.type(),
        table.key().contains(column.name()),
        followed && listed,
        column.isGenerated(),
        published.map(names -> names.contains(column.name())),
        remains ? Optional.of(SeedRemains.removal(table, column)) : Optional.empty());
  }

  @Override
  public void close() {
    source.close();
    target.close();
  }
}
