package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TableSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * PostgreSQL's own subscription of a native pipeline. What its slot is confirmed to is in the
 * target: the worker reports only what is flushed there. One thread uses it.
 */
public final class SubscribedFeed implements VerifiedFeed {
  private static final Duration STATEMENT_LIMIT = Duration.ofHours(1);

  private final PipelineSettings pipeline;
  private final SourceSettings settings;
  private final PostgresEndpoint source;
  private final PostgresEndpoint target;
  private final String stateSchema;
  private final Supplier<List<ComparedTable>> look;
  private final Map<TableName, MappedTable> mapped = new HashMap<>();

  /**
   * @param look says which tables are taken and how far they are; asked again and again
   */
  public SubscribedFeed(
      PipelineSettings pipeline,
      SourceSettings settings,
      PostgresEndpoint source,
      PostgresEndpoint target,
      String stateSchema,
      Supplier<List<ComparedTable>> look) {
    this.pipeline = pipeline;
    this.settings = settings;
    this.source = source;
    this.target = target;
    this.stateSchema = stateSchema;
    this.look = look;
  }

  @Override
  public String name() {
    return pipeline.name() + "/" + settings.name();
  }

  @Override
  public PostgresSession openSource() {
    return Sessions.source(source);
  }

  @Override
  public PostgresSession openTarget() {
    return Sessions.target(target.withTimeouts(target.connectTimeout(), STATEMENT_LIMIT));
  }

  @Override
  public VerificationState saved() {
    return new VerificationState(stateSchema, pipeline.name(), settings.name());
  }

  @Override
  public List<TableName> tables(PostgresSession to) {
    StateSchema.install(to, stateSchema);
    Map<TableName, ComparedTable> wanted = new LinkedHashMap<>();
    look.get().forEach(table -> wanted.put(table.name(), table));
    if (wanted.values().stream().noneMatch(ComparedTable::ready)) {
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          name() + ": no table follows its source yet, so there is nothing to verify",
          "tidemark analytics status says how far it is");
    }
    try (PostgresSession from = openSource()) {
      for (SourceTable table :
          SourceCatalog.read(from, SourceTypes.read(from, to), wanted::containsKey)) {
        ComparedTable as = wanted.get(table.name());
        if (as != null) {
          mapped.put(table.name(), map(table, as));
        }
      }
    }
    return List.copyOf(wanted.keySet());
  }

  private static MappedTable map(SourceTable table, ComparedTable as) {
    List<MappedColumn> columns =
        table.columns().stream()
            .filter(column -> as.columns().contains(column.name()))
            .map(SubscribedFeed::same)
            .toList();
    MappedTable.Kind kind =
        as.appends()
            ? MappedTable.Kind.APPEND
            : table.key().isEmpty() ? MappedTable.Kind.MULTISET : MappedTable.Kind.KEYED;
    return new MappedTable(
        table,
        table.name(),
        Map.of(),
        columns,
        kind == MappedTable.Kind.KEYED ? table.key() : List.of(),
        kind,
        TableSettings.Mode.MIRROR,
        as.where(),
        ChangeSettings.defaults(),
        ValueForm.TEXT);
  }

  /** A subscription leaves names, types and values as they are. */
  private static MappedColumn same(SourceColumn column) {
    return new MappedColumn(
        column,
        column.name(),
        column.name(),
        column.type().source(),
        Optional.empty(),
        MappedColumn.AS_IT_IS);
  }

  @Override
  public Optional<MappedTable> table(PostgresSession to, TableName name) {
    return Optional.ofNullable(mapped.get(name));
  }

  @Override
  public Optional<String> unfit(PostgresSession to, TableName name) {
    Optional<ComparedTable> now =
        look.get().stream().filter(table -> table.name().equals(name)).findFirst();
    if (now.isEmpty() || !mapped.containsKey(name)) {
      return Optional.of("it is not taken any more");
    }
    if (!now.get().ready()) {
      return Optional.of("it is not copied yet, or is copied again");
    }
    return now.get().appends() ? Optional.of("only its inserts are taken") : Optional.empty();
  }

  @Override
  public Lsn applied(PostgresSession from, PostgresSession to) {
    return from.value(
            "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = ?",
            settings.slot())
        .map(Lsn::parse)
        .orElse(Lsn.ZERO);
  }

  /** It keeps no session. */
  @Override
  public void close() {}
}
