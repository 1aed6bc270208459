package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the target knows of former verifications of a source's tables. */
final class VerificationState {
  private static final int BUFFER_BYTES = 256;

  private final String table;
  private final String pipeline;
  private final String source;

  VerificationState(String stateSchema, String pipeline, String source) {
    this.table = Sql.name(stateSchema) + ".verification";
    this.pipeline = pipeline;
    this.source = source;
  }

  /**
   * A former verification.
   *
   * @param position where it goes on, as {@link #position} reads it; empty: from the beginning
   */
  record Saved(TableVerification found, Optional<String> position) {
    static Saved read(Row row) throws SQLException {
      String examples = row.text("examples");
      return new Saved(
          new TableVerification(
              TableName.parse(row.text("source_table")),
              row.flag("complete"),
              row.number("rows_compared"),
              row.number("missing"),
              row.number("surplus"),
              row.number("different"),
              row.number("undecided"),
              examples.isEmpty() ? List.of() : List.of(examples.split("\n")),
              row.text("note")),
          row.optionalText("position"));
    }
  }

  /** By table, those first that were verified longest ago. */
  Map<TableName, Saved> read(PostgresSession target) {
    Map<TableName, Saved> all = new HashMap<>();
    target
        .query(
            "SELECT * FROM " + table + " WHERE pipeline = ? AND source = ?",
            Saved::read,
            pipeline,
            source)
        .forEach(saved -> all.put(saved.found().name(), saved));
    return all;
  }

  /** The order in which tables are verified: unfinished ones, never verified ones, the oldest. */
  List<TableName> oldestFirst(PostgresSession target, List<TableName> tables) {
    List<TableName> unfinished = new ArrayList<>();
    List<TableName> verified = new ArrayList<>();
    target.query(
        "SELECT source_table, position IS NOT NULL AS unfinished FROM "
            + table
            + " WHERE pipeline = ? AND source = ? ORDER BY verified_at, source_table",
        row -> {
          TableName name = TableName.parse(row.text("source_table"));
          (row.flag("unfinished") ? unfinished : verified).add(name);
          return name;
        },
        pipeline,
        source);
    Stream<TableName> never =
        tables.stream()
            .filter(name -> !unfinished.contains(name) && !verified.contains(name))
            .sorted();
    return Stream.of(unfinished.stream(), never, verified.stream())
        .flatMap(Function.identity())
        .filter(tables::contains)
        .toList();
  }

  void save(
      PostgresSession target, TableVerification found, Optional<TableComparison.Position> next) {
    target.execute(
        "INSERT INTO "
            + table
            + " (pipeline, source, source_table, verified_at, rows_compared, missing, surplus,"
            + " different, undecided, complete, examples, note, position) VALUES (?, ?, ?,"
            + " clock_timestamp(), ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pipeline, source,"
            + " source_table) DO UPDATE SET verified_at = excluded.verified_at, rows_compared ="
            + " excluded.rows_compared, missing = excluded.missing, surplus = excluded.surplus,"
            + " different = excluded.different, undecided = excluded.undecided, complete ="
            + " excluded.complete, examples = excluded.examples, note = excluded.note, position ="
            + " excluded.position",
        pipeline,
        source,
        found.name().toString(),
        found.rows(),
        found.missing(),
        found.surplus(),
        found.different(),
        found.undecided(),
        found.complete(),
        String.join("\n", found.examples()),
        found.note(),
        next.map(VerificationState::text).orElse(null));
  }

  /** As a row of COPY: the pass, and the key. */
  private static String text(TableComparison.Position position) {
    CopyBuffer line = new CopyBuffer(BUFFER_BYTES);
    line.value(position.pass().name().getBytes(StandardCharsets.UTF_8));
    position
        .after()
        .ifPresent(
            key -> {
              for (byte[] value : key.values()) {
                line.raw('\t');
                line.value(value);
              }
            });
    return new String(line.take(), StandardCharsets.UTF_8);
  }

  /**
   * Reads a saved position.
   *
   * @param keyColumns of the table now
   * @return empty where it is one of another key
   */
  static Optional<TableComparison.Position> position(String text, int keyColumns) {
    byte[] line = text.getBytes(StandardCharsets.UTF_8);
    int columns = text.split("\t", -1).length;
    byte[] @Nullable [] values = CopyText.row(line, line.length, columns);
    byte[] pass = values[0];
    if (pass == null || (columns > 1 && columns != keyColumns + 1)) {
      return Optional.empty();
    }
    byte[] @Nullable [] key = new byte[columns - 1][];
    System.arraycopy(values, 1, key, 0, columns - 1);
    return Optional.of(
        new TableComparison.Position(
            TableComparison.Pass.valueOf(new String(pass, StandardCharsets.UTF_8)),
            columns == 1 ? Optional.empty() : Optional.of(RowKey.of(key))));
  }
}
