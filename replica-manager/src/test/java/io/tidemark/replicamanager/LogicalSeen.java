package io.tidemark.replicamanager;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TableSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PublicationFilter;
import io.tidemark.postgres.ReplicationSlotRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** A pipeline and what is seen of it, to be varied: at first everything follows. */
final class LogicalSeen {
  static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");
  static final TableName ORDERS = TableName.parse("public.orders");
  private static final String NAME = "tidemark_shop_app";

  final List<TableSettings> patterns = new ArrayList<>();
  ChangeSettings changes = ChangeSettings.defaults();
  LogicalWish wish = LogicalWish.RUNNING;
  final List<LogicalWishes.Resync> resyncs = new ArrayList<>();
  int sourceMajor = 17;
  int targetMajor = 17;
  String walLevel = "logical";
  Optional<String> sourceSilence = Optional.empty();
  Optional<String> targetSilence = Optional.empty();
  final List<LogicalTable> tables = new ArrayList<>();
  final Map<TableName, PublicationFilter> filters = new HashMap<>();
  final List<LogicalType> types = new ArrayList<>();
  final Set<String> publications = new HashSet<>(Set.of(NAME));
  final List<PublicationTable> published = new ArrayList<>();
  Optional<String> slotStatus = Optional.of("reserved");
  final List<LogicalTable> there = new ArrayList<>();
  final Set<TableName> filled = new HashSet<>();
  final Map<String, List<String>> typesThere = new HashMap<>();
  final Map<TableName, LogicalState.Kept> kept = new HashMap<>();
  boolean subscribed = true;
  boolean enabled = true;
  boolean binary = true;
  boolean runs = true;
  long errors;
  Optional<Instant> retry = Optional.empty();
  final Map<TableName, SubscriptionView.TableCopy> copies = new HashMap<>();
  final Map<String, String> failures = new HashMap<>();

  LogicalSeen() {
    patterns.add(pattern("public.*", List.of(), Optional.empty()));
    LogicalTable orders = orders("id integer!", "note text", "total numeric");
    tables.add(orders);
    there.add(orders);
    published.add(new PublicationTable(NAME, ORDERS, Set.of(), Optional.empty()));
    kept.put(ORDERS, kept(false, false, orders));
    copies.put(ORDERS, new SubscriptionView.TableCopy("r", 0, 0));
  }

  static TableSettings pattern(String pattern, List<String> columns, Optional<String> where) {
    return new TableSettings(
        pattern,
        columns,
        where,
        Map.of(),
        TableSettings.Mode.MIRROR,
        Optional.empty(),
        TableSettings.WithoutKey.REFUSE,
        Optional.empty());
  }

  static LogicalState.Kept kept(boolean stale, boolean asked, LogicalTable table) {
    Map<Integer, String> columns = new HashMap<>();
    table.columns().forEach(column -> columns.put(column.number(), column.name()));
    return new LogicalState.Kept(stale, asked, true, columns);
  }

  static LogicalTable orders(String... columns) {
    return table(ORDERS, LogicalTable.Identity.KEY, List.of("id"), columns);
  }

  /**
   * A column is {@code name type}; an exclamation mark after it: not null; an empty one: dropped.
   */
  static LogicalTable table(
      TableName name, LogicalTable.Identity identity, List<String> key, String... columns) {
    List<LogicalColumn> read = new ArrayList<>();
    for (int i = 0; i < columns.length; i++) {
      String[] words = columns[i].replace("!", "").split(" ", 2);
      if (words.length == 2) {
        boolean builtIn = !words[1].contains(".");
        read.add(
            new LogicalColumn(
                i + 1,
                words[0],
                words[1],
                builtIn,
                columns[i].endsWith("!"),
                false,
                Optional.empty(),
                false,
                Optional.empty()));
      }
    }
    return new LogicalTable(1, name, identity, key, read, -1);
  }

  void source(LogicalTable table) {
    tables.removeIf(each -> each.name().equals(table.name()));
    tables.add(table);
  }

  void target(LogicalTable table) {
    there.removeIf(each -> each.name().equals(table.name()));
    there.add(table);
  }

  void patterns(TableSettings... settings) {
    patterns.clear();
    patterns.addAll(List.of(settings));
  }

  /** Nothing of it is in the target and at the source yet. */
  void fresh() {
    publications.clear();
    published.clear();
    slotStatus = Optional.empty();
    there.clear();
    kept.clear();
    subscribed = false;
    copies.clear();
  }

  LogicalSpec spec() {
    PostgresEndpoint server =
        PostgresEndpoint.to(new HostPort("localhost", 5432), "app", "tidemark");
    return new LogicalSpec(pipeline(patterns, changes), server, server, "tidemark");
  }

  static PipelineSettings pipeline(List<TableSettings> patterns, ChangeSettings changes) {
    return new PipelineSettings(
        "shop",
        PipelineSettings.Engine.NATIVE,
        "analytics",
        Map.of(),
        Map.of(
            "app",
            new SourceSettings("app", "main", "app", Map.of(), Optional.empty(), NAME, NAME)),
        patterns,
        PipelineSettings.Partitions.ROOT,
        changes,
        new PipelineSettings.Copy(2, OptionalLong.empty(), 256 << 20),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        Duration.ofMillis(100),
        2,
        true);
  }

  LogicalObservation observation() {
    return new LogicalObservation(AT, wish, resyncs, source(), target(), failures, retry);
  }

  LogicalDecision decision() {
    return LogicalPlanner.decide(spec(), observation());
  }

  private LogicalSource source() {
    return sourceSilence
        .<LogicalSource>map(LogicalSource.Unknown::new)
        .orElseGet(
            () ->
                new LogicalSource.Known(
                    sourceMajor,
                    walLevel,
                    AT,
                    Lsn.parse("0/2000"),
                    tables,
                    filters,
                    types,
                    publications,
                    published,
                    slotStatus.map(this::slot)));
  }

  private ReplicationSlotRow slot(String status) {
    return new ReplicationSlotRow(
        spec().slot(),
        "logical",
        Optional.of("pgoutput"),
        Optional.of("app"),
        false,
        true,
        Optional.empty(),
        Optional.of(Lsn.parse("0/1000")),
        Optional.of(Lsn.parse("0/1800")),
        Optional.of(status),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        true,
        false);
  }

  private LogicalTarget target() {
    return targetSilence
        .<LogicalTarget>map(LogicalTarget.Unknown::new)
        .orElseGet(
            () ->
                new LogicalTarget.Known(
                    targetMajor, there, filled, typesThere, kept, subscription()));
  }

  private Optional<SubscriptionView> subscription() {
    return subscribed
        ? Optional.of(
            new SubscriptionView(
                enabled,
                Optional.of(NAME),
                binary,
                List.of(NAME),
                Optional.of(true),
                copies,
                runs,
                errors,
                Optional.empty(),
                Optional.empty()))
        : Optional.empty();
  }
}
