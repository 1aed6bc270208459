package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.MaskSettings;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.PipelineSettings.Partitions;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TableSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes of a source's catalog and a pipeline's rules what becomes of each table. Pure. What would
 * make UPDATE or DELETE fail at the source, or would leave more than was named, is a problem of the
 * table.
 */
final class TableMapper {
  private final PipelineSettings pipeline;
  private final SourceSettings source;
  private final Optional<PseudonymKey> key;
  private final Map<TableName, Map<Integer, SavedColumn>> saved = new HashMap<>();

  /**
   * @param saved columns of former times, so that a renamed one is known again
   */
  TableMapper(
      PipelineSettings pipeline,
      SourceSettings source,
      Optional<PseudonymKey> key,
      List<SavedColumn> saved) {
    this.pipeline = pipeline;
    this.source = source;
    this.key = key;
    saved.forEach(
        column ->
            this.saved
                .computeIfAbsent(column.table(), _ -> new HashMap<>())
                .put(column.number(), column));
  }

  /** Whether a pattern matches. */
  boolean wants(TableName table) {
    return rule(table).isPresent();
  }

  /** The first whose pattern matches. */
  Optional<TableSettings> rule(TableName table) {
    return pipeline.tables().stream()
        .filter(rule -> rule.matches(table.schema(), table.table()))
        .findFirst();
  }

  TableMapping map(List<SourceTable> catalog) {
    List<MappedTable> tables = new ArrayList<>();
    List<TableProblem> problems = new ArrayList<>();
    Map<String, TableName> taken = new HashMap<>();
    for (SourceTable table : catalog) {
      if (!isOfInterest(table)) {
        continue;
      }
      try {
        MappedTable mapped = map(table, rule(table.name()).orElseThrow());
        TableName other = taken.putIfAbsent(mapped.target().table(), table.name());
        if (other != null) {
          throw new Refusal(
              "its target " + mapped.target() + " is that of " + other,
              "give one of them a target:");
        }
        tables.add(mapped);
      } catch (Refusal e) {
        problems.add(new TableProblem(table.name(), e.found, e.advice));
      }
    }
    return new TableMapping(tables, problems);
  }

  private boolean isOfInterest(SourceTable table) {
    return wants(table.name())
        && (pipeline.partitions() == Partitions.ROOT
            ? !table.isPartition()
            : !table.isPartitioned());
  }

  private MappedTable map(SourceTable table, TableSettings rule) {
    Map<String, String> labels = new LinkedHashMap<>();
    pipeline.labelColumns().forEach((label, column) -> labels.put(column, source.label(label)));
    List<MappedColumn> columns = columns(table, rule);
    MappedTable.Kind kind = kind(table, rule);
    MappedTable mapped =
        new MappedTable(
            table,
            new TableName(pipeline.schema(), rule.target().orElse(table.name().table())),
            labels,
            columns,
            kind == MappedTable.Kind.KEYED ? key(table, columns) : List.of(),
            kind,
            rule.mode(),
            rule.where(),
            onChange(rule),
            ValueForm.TEXT);
    requireWhole(mapped);
    requireFreeNames(mapped);
    return mapped;
  }

  /** Former columns of this very table; numbers of another one of its name say nothing. */
  private Map<Integer, SavedColumn> known(SourceTable table) {
    return former(table)
        .filter(column -> !column.isDropped())
        .collect(Collectors.toMap(SavedColumn::number, Function.identity()));
  }

  private Stream<SavedColumn> former(SourceTable table) {
    return saved.getOrDefault(table.name(), Map.of()).values().stream()
        .filter(column -> column.relation() == table.oid());
  }

  /** What is named without an asterisk is wanted, whenever it comes to be there. */
  private ChangeSettings onChange(TableSettings rule) {
    ChangeSettings all = rule.onChange().orElse(pipeline.onChange());
    return rule.pattern().contains("*")
        ? all
        : new ChangeSettings(
            all.addedColumn(),
            all.droppedColumn(),
            all.renamedColumn(),
            all.changedType(),
            ChangeSettings.NewTable.APPLY);
  }

  private List<MappedColumn> columns(SourceTable table, TableSettings rule) {
    Map<Integer, SavedColumn> known = known(table);
    Map<Integer, String> meant = meant(table, known, rule);
    Set<String> there = new HashSet<>(meant.values());
    // What it has had and has no more is a change of its shape, with a policy.
    former(table).forEach(column -> there.add(column.configured()));
    List<String> missing =
        rule.sentColumns().stream().filter(name -> !there.contains(name)).toList();
    if (!missing.isEmpty() && !rule.pattern().contains("*")) {
      throw new Refusal(
          "it has no column " + String.join(", ", missing),
          "take it out of columns:, or correct its name");
    }
    List<MappedColumn> columns = new ArrayList<>();
    for (SourceColumn column : table.columns()) {
      String name = meant.get(column.number());
      if (name == null) {
        continue;
      }
      MaskSettings mask = rule.masks().get(name);
      boolean dropped = mask != null && mask.kind() == MaskSettings.Kind.DROP;
      if (rule.sentColumns().contains(name) && !dropped) {
        columns.add(
            column(table, column, name, target(known, column), Optional.ofNullable(mask), rule));
      }
    }
    if (columns.isEmpty()) {
      throw new Refusal("it has none of the named columns", "name at least its key in columns:");
    }
    return columns;
  }

  /**
   * By number the name by which the configuration means a column: the one it had when it was first
   * seen. Another column that has come to that name is not meant.
   */
  private static Map<Integer, String> meant(
      SourceTable table, Map<Integer, SavedColumn> known, TableSettings rule) {
    Map<Integer, String> meant = new HashMap<>();
    for (SourceColumn column : table.columns()) {
      SavedColumn former = known.get(column.number());
      if (former != null && rule.sentColumns().contains(former.configured())) {
        meant.put(column.number(), former.configured());
      }
    }
    Set<String> taken = new HashSet<>(meant.values());
    for (SourceColumn column : table.columns()) {
      if (!meant.containsKey(column.number()) && !taken.contains(column.name())) {
        meant.put(column.number(), column.name());
      }
    }
    return meant;
  }

  /** As {@link #meant(SourceTable, Map, TableSettings)}; empty where no pattern matches. */
  Map<Integer, String> meant(SourceTable table) {
    return rule(table.name()).map(rule -> meant(table, known(table), rule)).orElse(Map.of());
  }

  /** The name in the target of a column that is taken or was. */
  String target(SourceTable table, SourceColumn column) {
    return target(known(table), column);
  }

  private static String target(Map<Integer, SavedColumn> known, SourceColumn column) {
    SavedColumn former = known.get(column.number());
    return former == null ? column.name() : former.target();
  }

  private MappedColumn column(
      SourceTable table,
      SourceColumn column,
      String configured,
      String target,
      Optional<MaskSettings> mask,
      TableSettings rule) {
    if (column.expression().isPresent()) {
      requireComputable(table, column, mask, rule);
    }
    if (mask.isEmpty()) {
      return new MappedColumn(
          column, configured, target, column.type().target(), mask, MappedColumn.AS_IT_IS);
    }
    String type = column.type().target();
    Optional<String> refusal = Masks.refusal(mask.get(), type);
    if (refusal.isPresent()) {
      throw new Refusal(column.name() + ": " + refusal.get(), "choose another mask");
    }
    return new MappedColumn(
        column,
        configured,
        target,
        Masks.targetType(mask.get(), type),
        mask,
        Masks.of(mask.get(), type, key));
  }

  /** The target computes it from the columns that it has, so it must have them unchanged. */
  private static void requireComputable(
      SourceTable table, SourceColumn column, Optional<MaskSettings> mask, TableSettings rule) {
    String expression = column.expression().orElseThrow();
    for (SourceColumn other : table.columns()) {
      boolean used =
          Pattern.compile("(?<![\\w\"])\"?" + Pattern.quote(other.name()) + "\"?(?![\\w\"])")
              .matcher(expression)
              .find();
      boolean plain =
          rule.sentColumns().contains(other.name()) && !rule.masks().containsKey(other.name());
      if (used && !plain) {
        throw new Refusal(
            column.name() + " is generated from " + other.name() + ", which is not taken as it is",
            "leave " + column.name() + " out, or take " + other.name() + " without a mask");
      }
    }
    if (mask.isPresent()) {
      throw new Refusal(
          column.name() + " is generated and has a mask", "mask the columns that it is made of");
    }
  }

  private static MappedTable.Kind kind(SourceTable table, TableSettings rule) {
    if (!table.key().isEmpty()) {
      return MappedTable.Kind.KEYED;
    }
    if (rule.withoutKey() == TableSettings.WithoutKey.APPEND) {
      return MappedTable.Kind.APPEND;
    }
    if (table.isFull() && rule.mode() == TableSettings.Mode.MIRROR) {
      return MappedTable.Kind.MULTISET;
    }
    throw new Refusal(
        table.isFull()
            ? "it has no key, which mode: " + rule.mode().name().toLowerCase(Locale.ROOT) + " needs"
            : "it has neither primary key nor replica identity, so UPDATE and DELETE could not be"
                + " published",
        "add a primary key; or ALTER TABLE "
            + table.name().quoted()
            + " REPLICA IDENTITY USING INDEX a unique one of NOT NULL columns; or take only"
            + " inserts with without-key: append");
  }

  /** The key's names in the target. */
  private static List<String> key(SourceTable table, List<MappedColumn> columns) {
    List<String> names = new ArrayList<>();
    for (String name : table.key()) {
      MappedColumn column =
          columns.stream()
              .filter(each -> each.source().name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new Refusal(
                          "its key column " + name + " is not among columns:",
                          "name all of " + String.join(", ", table.key())));
      requireKey(column);
      names.add(column.name());
    }
    return names;
  }

  private static void requireKey(MappedColumn column) {
    if (column.mask().filter(mask -> !Masks.isInjective(mask)).isPresent()) {
      throw new Refusal(
          "its key column %s has the mask %s, under which different rows become one"
              .formatted(column.name(), column.mask().get()),
          "use pseudonym, or no mask");
    }
    if (column.isGenerated()) {
      throw new Refusal(
          "its key column " + column.name() + " is generated, and is not sent",
          "ALTER TABLE … REPLICA IDENTITY USING INDEX one of stored columns");
    }
  }

  /** With full identity the server refuses column lists, and would send what is not named. */
  private static void requireWhole(MappedTable table) {
    if (table.hasColumnList()) {
      return;
    }
    String left =
        table.source().columns().stream()
            .filter(column -> column.expression().isEmpty())
            .map(SourceColumn::name)
            .filter(name -> !table.published().contains(name))
            .collect(Collectors.joining(", "));
    if (!left.isEmpty()) {
      throw new Refusal(
          "it has REPLICA IDENTITY FULL, with which PostgreSQL sends every column, and "
              + left
              + " must not leave the source",
          "ALTER TABLE "
              + table.name().quoted()
              + " REPLICA IDENTITY DEFAULT where it has a primary key, or name all columns");
    }
  }

  private static void requireFreeNames(MappedTable table) {
    List<String> own = new ArrayList<>(table.labels().keySet());
    own.addAll(List.of(MappedTable.DELETED_AT, MappedTable.VALID_FROM, MappedTable.VALID_TO));
    for (MappedColumn column : table.columns()) {
      if (own.contains(column.name())) {
        throw new Refusal(
            "its column " + column.name() + " has a name that Tidemark uses",
            "choose other label-columns:, or leave it out");
      }
    }
  }

  /** Ends the mapping of one table. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String found;
    private final String advice;

    Refusal(String found, String advice) {
      super(found);
      this.found = found;
      this.advice = advice;
    }
  }
}
