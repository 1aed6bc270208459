package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.TableSettings.Mode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A table of one source on its way into the target.
 *
 * @param labels column of the target → value, for every row of this source; they lead the key
 * @param columns those that are sent and those that the target generates, in the source's order
 * @param key names in the target, in the identity's order; empty with {@link Kind#APPEND} and
 *     {@link Kind#MULTISET}
 * @param where the row filter, in the source's SQL
 * @param form of the values in its rows, as they are on their way from a stream
 */
record MappedTable(
    SourceTable source,
    TableName target,
    Map<String, String> labels,
    List<MappedColumn> columns,
    List<String> key,
    Kind kind,
    Mode mode,
    Optional<String> where,
    ChangeSettings onChange,
    ValueForm form) {
  static final String DELETED_AT = "_deleted_at";
  static final String VALID_FROM = "_valid_from";
  static final String VALID_TO = "_valid_to";

  /** Types of which each value is written in one way; numeric has 1.0 and 1.00. */
  private static final Pattern EXACT =
      Pattern.compile(
          "smallint|integer|bigint|oid|uuid|boolean|date|text|character varying.*|timestamp.*");

  /** How its rows are told apart. */
  enum Kind {
    /** By a key. */
    KEYED,
    /** By all of their columns: equal rows are counted. */
    MULTISET,
    /** Not at all: only inserts are taken. */
    APPEND
  }

  MappedTable {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  TableName name() {
    return source.name();
  }

  /** The columns whose values are sent. */
  List<MappedColumn> sent() {
    return columns.stream().filter(column -> !column.isGenerated()).toList();
  }

  /** Their names at the source, as the publication lists them. */
  List<String> published() {
    return sent().stream().map(column -> column.source().name()).toList();
  }

  /** The columns of the primary key of the target. */
  List<String> primaryKey() {
    List<String> all = new ArrayList<>(labels.keySet());
    all.addAll(key);
    return all;
  }

  boolean isKeyed() {
    return kind == Kind.KEYED;
  }

  /** Whether keys that are equal in the target look the same on their way, too. */
  boolean hasExactKey() {
    return columns.stream()
        .filter(column -> key.contains(column.name()))
        .allMatch(column -> EXACT.matcher(column.type()).matches());
  }

  boolean isHistory() {
    return mode == Mode.HISTORY;
  }

  boolean isSoftDelete() {
    return mode == Mode.SOFT_DELETE && isKeyed();
  }

  /** Whether changes may be applied a second time on rows that have them already. */
  boolean isIdempotent() {
    return isKeyed() && !isHistory();
  }

  boolean isMasked() {
    return columns.stream().anyMatch(MappedColumn::isMasked);
  }

  /**
   * A list of all columns of the publication is not allowed with full identity (rowfilter and
   * column list checks in publicationcmds.c).
   */
  boolean hasColumnList() {
    return !source.isFull() || kind == Kind.APPEND;
  }

  /** In the target's SQL: the rows of this source. */
  String ownRows(String alias) {
    StringBuilder condition = new StringBuilder();
    labels.forEach(
        (column, value) ->
            condition
                .append(condition.isEmpty() ? "" : " AND ")
                .append(alias)
                .append('.')
                .append(Sql.name(column))
                .append(" = ")
                .append(Sql.literal(value)));
    return condition.isEmpty() ? "true" : condition.toString();
  }

  MappedTable with(TableName otherTarget, List<MappedColumn> otherColumns, List<String> otherKey) {
    return new MappedTable(
        source, otherTarget, labels, otherColumns, otherKey, kind, mode, where, onChange, form);
  }

  MappedTable inForm(ValueForm other) {
    return new MappedTable(
        source, target, labels, columns, key, kind, mode, where, onChange, other);
  }
}
