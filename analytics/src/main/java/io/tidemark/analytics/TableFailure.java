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
  private static final String FAILED_TRANSACTION = "25P02";

  /** Feature not supported, which is what ALTER COLUMN TYPE says of views; dependent objects. */
  private static final Set<String> DEPENDENCIES = Set.of("0A000", "2BP01");

  private final transient MappedTable table;
  private final String sqlState;

  private TableFailure(MappedTable table, PostgresException e) {
    super(
        e.code(),
        table.target() + " cannot take its changes: " + e.getMessage(),
        "mend the table, then run: tidemark analytics resync",
        e);
    this.table = table;
    this.sqlState = e.sqlState();
  }

  /** What it is about one table, or what it is about more. */
  static TidemarkException of(MappedTable table, PostgresException e) {
    boolean passing =
        e.code() == ErrorCode.POSTGRES_UNREACHABLE
            || PASSING.contains(e.sqlState())
            || e.sqlState().startsWith("53")
            || e.sqlState().equals(FAILED_TRANSACTION);
    return passing ? e : new TableFailure(table, e);
  }

  MappedTable table() {
    return table;
  }

  /** Whether something else needs the table as it was. */
  boolean isDependency() {
    return DEPENDENCIES.contains(sqlState);
  }

  /** Whether rows are there that the source has only now inserted. */
  boolean isUniqueViolation() {
    return sqlState.equals(UNIQUE_VIOLATION);
  }
}
