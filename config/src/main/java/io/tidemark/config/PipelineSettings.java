package io.tidemark.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Chosen tables of some databases, on their way into one schema of the analytics database.
 *
 * @param schema of the target tables; with {@link Engine#NATIVE} not used: tables have the schema
 *     that they have at the source
 * @param labelColumns label → column of every target table that holds it; the columns lead the key
 * @param sources by name, in the order of the file
 * @param tables in the order of the file: the first whose pattern matches decides
 * @param heartbeat how often a message goes through each source's slot, from whose arrival the age
 *     of the data is known
 * @param freshness the oldest that the data should be, for alerts
 * @param batchDelay how long changes are gathered at most before they are applied
 * @param applyWorkers connections to the target that apply one source's changes side by side
 * @param failoverSlots whether slots are failover slots, from PostgreSQL 17 on
 */
public record PipelineSettings(
    String name,
    Engine engine,
    String schema,
    Map<String, String> labelColumns,
    Map<String, SourceSettings> sources,
    List<TableSettings> tables,
    Partitions partitions,
    ChangeSettings onChange,
    Copy copy,
    Duration heartbeat,
    Duration freshness,
    Duration batchDelay,
    int applyWorkers,
    boolean failoverSlots) {

  /** What PostgreSQL's own subscription has no use for. */
  private static final List<String> ONLY_MERGE =
      List.of("schema", "label-columns", "batch-delay", "apply-workers");

  /** In this order they lead the key of every target table. */
  private static final Map<String, String> DEFAULT_LABELS = defaultLabels();

  private static Map<String, String> defaultLabels() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("site", "_site");
    labels.put("database", "_database");
    return Collections.unmodifiableMap(labels);
  }

  /** Who moves the data. */
  public enum Engine {
    /** Tidemark reads the changes, masks them, and merges sources. */
    MERGE,
    /** PostgreSQL's own subscription, which Tidemark makes and watches. */
    NATIVE
  }

  /** What a partitioned table is in the analytics database. */
  public enum Partitions {
    /** One table. */
    ROOT,
    /** Each partition is a table. */
    LEAF
  }

  /**
   * The initial copy.
   *
   * @param workers connections on each side for one source
   * @param rateBytesPerSecond of one source; empty: no limit
   * @param rangeBytes of a table that one worker copies in one transaction
   */
  public record Copy(int workers, OptionalLong rateBytesPerSecond, long rangeBytes) {
    public Copy {
      new Checks()
          .between("workers", workers, 1, 32)
          .bytesBetween("rate", rateBytesPerSecond.orElse(1 << 20), 64 << 10, 1L << 40)
          .bytesBetween("range", rangeBytes, 1 << 20, 1L << 40)
          .done();
    }

    static Copy read(Section section) {
      return section
          .build(
              () ->
                  new Copy(
                      section.get("workers", Kind.NUMBER, "2"),
                      Section.toLong(section.find("rate", Kind.RATE)),
                      section.get("range", Kind.SIZE, "64MiB")))
          .orElseGet(() -> new Copy(2, OptionalLong.empty(), 64 << 20));
    }
  }

  public PipelineSettings {
    labelColumns = Collections.unmodifiableMap(new LinkedHashMap<>(labelColumns));
    sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
    tables = List.copyOf(tables);
    Checks checks = new Checks();
    checks
        .that(
            AnalyticsSettings.IDENTIFIER.matcher(name).matches(),
            "",
            "the name \"" + name + "\"",
            AnalyticsSettings.IDENTIFIER_EXPECTED)
        .between("heartbeat", heartbeat, Duration.ofMillis(100), Duration.ofMinutes(10))
        .between("freshness", freshness, Duration.ofSeconds(1), Duration.ofDays(7))
        .between("batch-delay", batchDelay, Duration.ZERO, Duration.ofMinutes(1))
        .between("apply-workers", applyWorkers, 1, 16)
        .that(
            heartbeat.compareTo(freshness) < 0,
            "heartbeat",
            Units.spell(heartbeat) + " with freshness: " + Units.spell(freshness),
            "less than freshness")
        .that(
            batchDelay.compareTo(freshness) < 0,
            "batch-delay",
            Units.spell(batchDelay) + " with freshness: " + Units.spell(freshness),
            "less than freshness");
    AnalyticsSettings.checkSchema(checks, "schema", schema);
    labelColumns.forEach(
        (label, column) ->
            checks.matches(
                AnalyticsSettings.IDENTIFIER,
                "label-columns." + label,
                column,
                AnalyticsSettings.IDENTIFIER_EXPECTED));
    checks.that(
        new HashSet<>(labelColumns.values()).size() == labelColumns.size(),
        "label-columns",
        "two labels in one column",
        "a column for each");
    PipelineRules.checkOrder(checks, tables);
    switch (engine) {
      case MERGE -> PipelineRules.checkMerge(checks, labelColumns, sources, tables);
      case NATIVE -> PipelineRules.checkNative(checks, sources, tables);
    }
    checks.done();
  }

  /** Whether a mask of it makes pseudonyms. */
  boolean needsPseudonymKey() {
    return tables.stream()
        .flatMap(table -> table.masks().values().stream())
        .anyMatch(mask -> mask.kind() == MaskSettings.Kind.PSEUDONYM);
  }

  /** The source of that name, or an error that says which there are. */
  public SourceSettings source(String wanted) {
    SourceSettings found = sources.get(wanted);
    if (found == null) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "there is no source \"%s\" of the pipeline %s; expected one of %s"
              .formatted(wanted, name, String.join(", ", sources.keySet())),
          Nearest.suggestion(wanted, sources.keySet()));
    }
    return found;
  }

  static Optional<PipelineSettings> read(
      String name, Section section, Map<String, Section> clusters) {
    Engine engine = section.get("engine", Kind.choice(Engine.class), "merge");
    Map<String, SourceSettings> sources = new LinkedHashMap<>();
    section
        .named("sources", "source")
        .forEach(
            (source, its) ->
                SourceSettings.read(name, source, its, clusters)
                    .ifPresent(read -> sources.put(source, read)));
    List<TableSettings> tables = new ArrayList<>();
    section
        .sections("tables", "table")
        .forEach(
            (pattern, its) ->
                TableSettings.read(pattern, its, engine, section.section("on-change"))
                    .ifPresent(tables::add));
    section.requireSomeIn("sources", "a section with at least one source");
    section.requireSomeIn("tables", "a section with at least one table, such as public.orders:");
    Map<String, String> columns = section.pairs("label-columns", "names and values", Kind.TEXT);
    if (engine == Engine.NATIVE) {
      ONLY_MERGE.stream().filter(section::has).forEach(key -> refuseNative(section, key));
    }
    return section.build(
        () ->
            new PipelineSettings(
                name,
                engine,
                section.get("schema", Kind.TEXT, "analytics"),
                section.has("label-columns") ? columns : DEFAULT_LABELS,
                sources,
                tables,
                section.get("partitions", Kind.choice(Partitions.class), "root"),
                ChangeSettings.read(section.section("on-change")),
                Copy.read(section.section("copy")),
                section.get("heartbeat", Kind.DURATION, "1s"),
                section.get("freshness", Kind.DURATION, "1m"),
                section.get("batch-delay", Kind.DURATION, "100ms"),
                section.get("apply-workers", Kind.NUMBER, "2"),
                section.get("failover-slots", Kind.FLAG, "true")));
  }

  private static void refuseNative(Section section, String key) {
    section.problem(key, "found it with engine: native", "it left out, or engine: merge", "");
  }
}
