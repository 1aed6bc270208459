package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import java.util.Set;

/** One table of the target cannot take its changes; the others can. */
final class TableFailure extends TidemarkException {
  private static final long serialVersionUID = 1L;

  /** What passes by itself: serialization, deadlock, lock timeout, cancelled, full or starting. */
  private static final Set<String> PASSING =
      Set.of("40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300", "53200");

  private static final String UNIQUE_VIOLATION = "23505";

  /** Character not in repertoire. */
  private static final String INVALID_TEXT = "22021";

  private static final String FAILED_TRANSACTION = "25P02";

  /** Feature not supported, which is what ALTER COLUMN TYPE says of views; dependent objects. */
  private static final Set<String> DEPENDENCIES = Set.of("0A000", "2BP01");

  private final transient MappedTable table;
  private final String sqlState;

  private TableFailure(
      MappedTable table, ErrorCode code, String sqlState, String why, RuntimeException e) {
    super(code, table.target() + " cannot take its changes: " + why, hint(sqlState), e);
    this.table = table;
    this.sqlState = sqlState;
  }

  private static String hint(String sqlState) {
    return sqlState.equals(INVALID_TEXT)
        ? "set the value to the same text in UTF-8 at the source, or take the column out of"
            + " columns:, then run: tidemark analytics resync"
        : "mend the table, then run: tidemark analytics resync";
  }

  /** What it is about one table, about the form of its values, or about more. */
  static TidemarkException of(MappedTable table, PostgresException e) {
    if (table.form() == ValueForm.BINARY && BinaryUnfit.isAbout(e)) {
      return new BinaryUnfit(table.target() + " does not take a value: " + e.getMessage());
    }
    boolean passing =
        e.code() == ErrorCode.POSTGRES_UNREACHABLE
            || PASSING.contains(e.sqlState())
            || e.sqlState().startsWith("53")
            || e.sqlState().equals(FAILED_TRANSACTION);
    return passing
        ? e
        : new TableFailure(table, e.code(), e.sqlState(), String.valueOf(e.getMessage()), e);
  }

  /** A value of a column has bytes that are not UTF-8. */
  static TableFailure of(MappedTable table, MappedColumn column, Utf8Only.InvalidException e) {
    return new TableFailure(
        table,
        ErrorCode.POSTGRES_DATA_INVALID,
        INVALID_TEXT,
        "a value of %s is not UTF-8: %s".formatted(column.source().name(), e.getMessage()),
        e);
  }

  MappedTable table() {
    return table;
  }

  /** Whether something else needs the table as it was. */
  boolean isDependency() {
    return DEPENDENCIES.contains(sqlState);
  }

  /** Whether the source has bytes that are no text in UTF-8. */
  boolean isInvalidText() {
    return sqlState.equals(INVALID_TEXT);
  }

  /** Whether rows are there that the source has only now inserted. */
  boolean isUniqueViolation() {
    return sqlState.equals(UNIQUE_VIOLATION);
  }
}
