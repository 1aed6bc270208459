package io.tidemark.analytics;

import io.tidemark.config.MaskSettings;
import io.tidemark.config.TableSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a source before it is begun, or beside the feed that follows it, and changes nothing.
 * Every method throws {@link TidemarkException} where one of the two databases cannot be asked. One
 * thread uses it.
 */
public final class FeedInspector implements AutoCloseable {
  private static final long MEGABYTE = 1 << 20;

  private static final long SAMPLE_BYTES = 32 * MEGABYTE;
  private static final long LEAST_SAMPLE_BYTES = MEGABYTE;
  private static final Duration SAMPLE_LIMIT = Duration.ofMinutes(2);

  private final FeedSpec spec;
  private final FeedLinks links;
  private @Nullable TableMapping mapping;

  public FeedInspector(FeedSpec spec) {
    this.spec = spec;
    this.links = new FeedLinks(spec);
  }

  /** What would be taken. Nothing need be there in the target yet. */
  public FeedPlan plan() {
    TableMapping found = mapping();
    PostgresSession source = links.primary();
    return new FeedPlan(
        found.tables().stream().map(this::table).toList(),
        found.problems(),
        keepLimit(source),
        source.setting("wal_level").orElse("unknown"));
  }

  private FeedPlan.Table table(MappedTable table) {
    SourceTable from = table.source();
    long labels = table.labels().values().stream().mapToLong(label -> label.length() + 1).sum();
    OptionalLong rows = from.rows() < 0 ? OptionalLong.empty() : OptionalLong.of(from.rows());
    return new FeedPlan.Table(
        table.name(),
        table.target(),
        rows,
        from.bytes(),
        FeedPlan.Table.targetBytes(from.bytes(), rows, 2 * labels),
        CopyRange.of(table, spec.pipeline().copy().rangeBytes(), Set.of()).size(),
        table.columns().size(),
        (int) table.columns().stream().filter(MappedColumn::isMasked).count(),
        table.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static OptionalLong keepLimit(PostgresSession source) {
    return source
        .value("SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'")
        .map(Long::parseLong)
        .filter(megabytes -> megabytes >= 0)
        .map(megabytes -> OptionalLong.of(megabytes * MEGABYTE))
        .orElseGet(OptionalLong::empty);
  }

  private TableMapping mapping() {
    TableMapping read = mapping;
    if (read == null) {
      SourceTypes types = SourceTypes.read(links.primary(), links.plainTarget());
      TableMapper mapper = mapper();
      read =
          RowFilters.checked(
              links.primary(),
              mapper.map(SourceCatalog.read(links.primary(), types, mapper::wants)));
      mapping = read;
    }
    return read;
  }

  private TableMapper mapper() {
    return new TableMapper(
        spec.pipeline(), spec.source(), spec.pseudonymKey().map(PseudonymKey::read), saved());
  }

  private List<SavedColumn> saved() {
    PostgresSession target = links.plainTarget();
    return StateSchema.isInstalled(target, spec.stateSchema())
        ? spec.state().columns().all(target)
        : List.of();
  }

  /** Where the source writes now. */
  public Lsn sourceEnd() {
    return links.primary().currentWalLsn();
  }

  /**
   * Reads a part of the largest table as a copy does, and throws it away.
   *
   * @return bytes per second of one connection; empty where no table is large enough to tell
   */
  public OptionalLong readBytesPerSecond() {
    Optional<MappedTable> largest =
        mapping().tables().stream().max(Comparator.comparingLong(table -> table.source().bytes()));
    Optional<CopyRange> sample =
        largest
            .flatMap(
                table ->
                    CopyRange.of(table, SAMPLE_BYTES, Set.of()).stream()
                        .max(Comparator.comparingLong(CopyRange::bytes)))
            .filter(range -> range.bytes() >= LEAST_SAMPLE_BYTES);
    return sample.map(this::rate).orElseGet(OptionalLong::empty);
  }

  private OptionalLong rate(CopyRange range) {
    try (PostgresSession source = Sessions.source(spec.decoded())) {
      long began = System.nanoTime();
      String format = range.isBinary() ? " (FORMAT binary)" : "";
      long rows =
          source.within(
              SAMPLE_LIMIT,
              () ->
                  source.copyOut(
                      "COPY (" + range.select("") + ") TO STDOUT" + format, (_, _) -> {}));
      long nanos = Math.max(1, System.nanoTime() - began);
      // By the blocks that were read: the copy is planned in these, too.
      return rows == 0
          ? OptionalLong.empty()
          : OptionalLong.of(Math.max(1, (long) (range.bytes() * 1e9 / nanos)));
    }
  }

  /**
   * Column by column what leaves the source: the configuration held against what is published, also
   * of tables that no pattern matches and that somebody else has published.
   */
  public PrivacyReport privacy() {
    Publications publications = new Publications(spec.source().publication(), spec.viaRoot());
    PostgresSession source = links.primary();
    boolean there =
        publications.names().stream()
            .anyMatch(
                name ->
                    source
                        .value("SELECT 1 FROM pg_publication WHERE pubname = ?", name)
                        .isPresent());
    Map<TableName, Set<String>> published =
        there ? publications.publishedColumns(source) : Map.of();
    TableMapper mapper = mapper();
    Set<TableName> all = new HashSet<>(published.keySet());
    mapping().tables().forEach(table -> all.add(table.name()));
    mapping().problems().forEach(problem -> all.add(problem.table()));
    SourceTypes types = SourceTypes.read(source, links.plainTarget());
    List<PrivacyColumn> columns = new ArrayList<>();
    for (SourceTable table : SourceCatalog.read(source, types, all::contains)) {
      Optional<Set<String>> sent =
          there ? Optional.of(published.getOrDefault(table.name(), Set.of())) : Optional.empty();
      mapping()
          .table(table.name())
          .ifPresentOrElse(
              mapped -> columns.addAll(taken(mapper, mapped, table, sent)),
              () -> columns.addAll(left(table, sent)));
    }
    return PrivacyReport.of(columns);
  }

  private List<PrivacyColumn> left(SourceTable table, Optional<Set<String>> published) {
    return table.columns().stream()
        .map(column -> column(table, column, Optional.empty(), "", published, Optional.empty()))
        .toList();
  }

  private List<PrivacyColumn> taken(
      TableMapper mapper, MappedTable mapped, SourceTable table, Optional<Set<String>> published) {
    TableSettings rule = mapper.rule(table.name()).orElseThrow();
    Map<Integer, String> meant = mapper.meant(table);
    Set<String> unwritten = TargetTables.unwritten(links.plainTarget(), mapped);
    List<PrivacyColumn> columns = new ArrayList<>();
    for (SourceColumn column : table.columns()) {
      // One without a name is not meant: another column has come to be called so.
      String name = meant.getOrDefault(column.number(), "");
      String target = mapper.target(table, column);
      columns.add(
          column(
              table,
              column,
              Optional.of(rule).filter(its -> its.columns().contains(name)),
              name,
              published,
              unwritten.contains(target)
                  ? Optional.of(TargetTables.removal(mapped, target))
                  : Optional.empty()));
    }
    return columns;
  }

  private PrivacyColumn column(
      SourceTable table,
      SourceColumn column,
      Optional<TableSettings> rule,
      String configured,
      Optional<Set<String>> published,
      Optional<String> remains) {
    Optional<MaskSettings> mask =
        rule.flatMap(settings -> Optional.ofNullable(settings.masks().get(configured)));
    boolean computed = rule.isPresent() && column.expression().isPresent();
    return new PrivacyColumn(
        spec.source().name(),
        table.name().schema(),
        table.name().table(),
        column.name(),
        column.type().target(),
        rule.isPresent(),
        mask,
        table.unique().contains(column.name()) || table.key().contains(column.name()),
        table.key().contains(column.name()),
        // The target computes it from columns that leave; no publication need name it.
        computed ? Optional.of(true) : published.map(names -> names.contains(column.name())),
        remains);
  }

  @Override
  public void close() {
    links.close();
  }
}
