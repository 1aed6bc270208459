package io.tidemark.config;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is taken of the tables that a pattern matches, and how.
 *
 * @param pattern {@code schema.table}; an asterisk stands for any characters
 * @param columns the only ones that leave the source; empty only with the native engine: all
 * @param where a row filter in SQL over columns of the table, evaluated at the source
 * @param masks column → what becomes of its values; a column with the mask drop is left out
 * @param target the table's name in the target; empty: as at the source
 * @param withoutKey what becomes of a table that has neither primary key nor replica identity
 * @param onChange instead of the pipeline's, whose policies it has where it names none
 */
public record TableSettings(
    String pattern,
    List<String> columns,
    Optional<String> where,
    Map<String, MaskSettings> masks,
    Mode mode,
    Optional<String> target,
    WithoutKey withoutKey,
    Optional<ChangeSettings> onChange) {
  private static final Pattern PATTERN = Pattern.compile("[^.\\s]+\\.[^.\\s]+");

  /** What the target keeps of a row. */
  public enum Mode {
    /** What the source has now. */
    MIRROR,
    /** Deleted rows stay, marked. */
    SOFT_DELETE,
    /** Every version, with the time from and to which it was valid. */
    HISTORY
  }

  /** What becomes of a table whose rows nothing tells apart. */
  public enum WithoutKey {
    /** It is refused, with advice. */
    REFUSE,
    /** Only inserts and TRUNCATE are taken. */
    APPEND
  }

  public TableSettings {
    columns = List.copyOf(columns);
    masks = Collections.unmodifiableMap(new LinkedHashMap<>(masks));
    Checks checks = new Checks();
    checks.that(
        PATTERN.matcher(pattern).matches(),
        "",
        "the name \"" + pattern + "\"",
        "schema.table such as public.orders, where * stands for any characters");
    for (String column : columns) {
      checks.that(
          !column.contains("*"),
          "columns",
          "\"" + column + "\"",
          "names: what is not named does not leave the source");
    }
    checks.that(
        columns.stream().distinct().count() == columns.size(),
        "columns",
        "a column twice",
        "each once");
    for (Map.Entry<String, MaskSettings> mask : masks.entrySet()) {
      if (mask.getValue().kind() != MaskSettings.Kind.DROP && !columns.isEmpty()) {
        String column = mask.getKey();
        checks.among(columns, "masks." + column, column, "which is not among the columns");
      }
    }
    checks.that(
        columns.isEmpty() || !sent(columns, masks).isEmpty(),
        "masks",
        "that every column is dropped",
        "a column that is left, or the table left out");
    checks.that(
        target.isEmpty() || !pattern.contains("*"),
        "target",
        "one for all tables of " + pattern,
        "it only with the name of one table");
    target.ifPresent(
        table ->
            checks.matches(
                AnalyticsSettings.IDENTIFIER,
                "target",
                table,
                AnalyticsSettings.IDENTIFIER_EXPECTED));
    checks.done();
  }

  /** The columns that leave the source: all that are named but for those with the mask drop. */
  public List<String> sentColumns() {
    return sent(columns, masks);
  }

  private static List<String> sent(List<String> columns, Map<String, MaskSettings> masks) {
    return columns.stream()
        .filter(
            column ->
                !masks.containsKey(column) || masks.get(column).kind() != MaskSettings.Kind.DROP)
        .toList();
  }

  /** Whether the pattern matches. */
  public boolean matches(String schema, String table) {
    return like(schemaPattern(), schema) && like(tablePattern(), table);
  }

  String schemaPattern() {
    return pattern.substring(0, pattern.indexOf('.'));
  }

  String tablePattern() {
    return pattern.substring(pattern.indexOf('.') + 1);
  }

  private static boolean like(String pattern, String name) {
    String regex =
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    return Pattern.compile(regex, Pattern.DOTALL).matcher(name).matches();
  }

  /**
   * @param pipelineChange the pipeline's, for what {@code on-change} leaves out
   */
  static Optional<TableSettings> read(
      String pattern, Section section, PipelineSettings.Engine engine, Section pipelineChange) {
    Map<String, MaskSettings> masks = section.pairs("masks", "column: mask", MaskSettings.KIND);
    boolean all = engine == PipelineSettings.Engine.NATIVE && !section.has("columns");
    List<String> columns = all ? List.of() : section.required("columns", Kind.TEXT);
    Section onChange = section.section("on-change");
    return section.build(
        () ->
            new TableSettings(
                pattern,
                columns,
                section.find("where", Kind.TEXT),
                masks,
                section.get("mode", Kind.choice(Mode.class), "mirror"),
                section.find("target", Kind.TEXT, "as at the source"),
                section.get("without-key", Kind.choice(WithoutKey.class), "refuse"),
                section.has("on-change")
                    ? Optional.of(ChangeSettings.read(onChange.over(pipelineChange)))
                    : Optional.empty()));
  }
}
