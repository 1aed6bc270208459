package io.tidemark.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the sources and tables of one pipeline must not say together. */
final class PipelineRules {
  private static final String DELETED = "_deleted_at";
  private static final List<String> VALID = List.of("_valid_from", "_valid_to");

  private PipelineRules() {}

  /** A table below a pattern that matches it would have columns and masks that nobody applies. */
  static void checkOrder(Checks checks, List<TableSettings> tables) {
    for (int below = 1; below < tables.size(); below++) {
      TableSettings table = tables.get(below);
      tables.subList(0, below).stream()
          .filter(above -> above.matches(table.schemaPattern(), table.tablePattern()))
          .findFirst()
          .ifPresent(
              above ->
                  checks.that(
                      false,
                      key(table, ""),
                      "it below " + above.pattern() + ", which matches first",
                      "it above"));
    }
  }

  static void checkMerge(
      Checks checks,
      Map<String, String> labelColumns,
      Map<String, SourceSettings> sources,
      List<TableSettings> tables) {
    checkLabels(checks, labelColumns, sources);
    Map<String, String> targets = new HashMap<>();
    for (TableSettings table : tables) {
      checks.that(
          !table.columns().isEmpty(),
          key(table, "columns"),
          "none with engine: merge",
          "those that may leave the source");
      for (String column : table.sentColumns()) {
        checks.that(
            !labelColumns.containsValue(column) && !ownColumns(table.mode()).contains(column),
            key(table, "columns"),
            "\"" + column + "\", which Tidemark adds itself",
            labelColumns.containsValue(column)
                ? "another name for it in label-columns"
                : "mode: mirror for a table that has it");
      }
      if (!table.tablePattern().contains("*")) {
        String name = table.target().orElse(table.tablePattern());
        String other = targets.putIfAbsent(name, table.pattern());
        checks.that(
            other == null,
            key(table, "target"),
            "\"" + name + "\", which " + other + " has",
            "a name of its own");
      }
    }
  }

  private static List<String> ownColumns(TableSettings.Mode mode) {
    return switch (mode) {
      case MIRROR -> List.of();
      case SOFT_DELETE -> List.of(DELETED);
      case HISTORY -> VALID;
    };
  }

  private static void checkLabels(
      Checks checks, Map<String, String> columns, Map<String, SourceSettings> sources) {
    if (columns.isEmpty()) {
      checks.that(
          sources.size() <= 1,
          "label-columns",
          "none with " + sources.size() + " sources",
          "columns that tell their rows apart, or one source");
      return;
    }
    Map<List<String>, String> seen = new HashMap<>();
    sources.forEach(
        (name, source) -> {
          String key = "sources." + name + ".labels";
          for (String label : source.labels().keySet()) {
            checks.among(
                columns.keySet(), key + "." + label, label, "which has no column in label-columns");
          }
          List<String> values = new ArrayList<>();
          for (String label : columns.keySet()) {
            values.add(source.label(label));
            checks.that(
                !source.label(label).isEmpty(),
                key,
                "no " + label + ", which label-columns has",
                "a value for it");
          }
          String other = seen.putIfAbsent(values, name);
          checks.that(
              other == null,
              key,
              "those of " + other + ": " + String.join(", ", values),
              "labels that tell their rows apart");
        });
  }

  static void checkNative(
      Checks checks, Map<String, SourceSettings> sources, List<TableSettings> tables) {
    checks.that(
        sources.size() <= 1,
        "sources",
        sources.size() + " with engine: native",
        "one source, or engine: merge");
    sources.forEach(
        (name, source) ->
            checks.that(
                source.labels().isEmpty(),
                "sources." + name + ".labels",
                "labels with engine: native",
                "none, or engine: merge"));
    for (TableSettings table : tables) {
      checks
          .that(
              table.masks().isEmpty(),
              key(table, "masks"),
              "masks with engine: native",
              "none, or engine: merge")
          .that(
              table.mode() == TableSettings.Mode.MIRROR,
              key(table, "mode"),
              "\"" + Kind.spell(table.mode()) + "\" with engine: native",
              "mirror, or engine: merge")
          .that(
              table.target().isEmpty(),
              key(table, "target"),
              "a name with engine: native",
              "none: it is that at the source; or engine: merge");
    }
  }

  private static String key(TableSettings table, String key) {
    return "tables." + table.pattern() + (key.isEmpty() ? "" : "." + key);
  }
}
