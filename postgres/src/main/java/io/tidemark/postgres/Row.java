package io.tidemark.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;

/**
 * The current row of a result. Valid only inside the {@link Reader} that it is given to. A method
 * that is not about Optional throws where the column is null.
 */
public final class Row {
  private static final long MICROS = 1_000_000;

  private final ResultSet result;

  Row(ResultSet result) {
    this.result = result;
  }

  /** Makes a record of a row. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(Row row) throws SQLException;
  }

  static Optional<String> firstText(Row row) throws SQLException {
    return Optional.ofNullable(row.result.getString(1));
  }

  public String text(String column) throws SQLException {
    return optionalText(column).orElseThrow(() -> nullColumn(column));
  }

  public Optional<String> optionalText(String column) throws SQLException {
    return Optional.ofNullable(result.getString(column));
  }

  /** Reads an array of text without nulls. */
  public List<String> texts(String column) throws SQLException {
    return List.of((String[]) result.getArray(column).getArray());
  }

  public long number(String column) throws SQLException {
    return optionalNumber(column).orElseThrow(() -> nullColumn(column));
  }

  public Optional<Long> optionalNumber(String column) throws SQLException {
    long value = result.getLong(column);
    return result.wasNull() ? Optional.empty() : Optional.of(value);
  }

  /** False where it is null. */
  public boolean flag(String column) throws SQLException {
    return result.getBoolean(column);
  }

  public Lsn lsn(String column) throws SQLException {
    return Lsn.parse(text(column));
  }

  public Optional<Lsn> optionalLsn(String column) throws SQLException {
    return optionalText(column).map(Lsn::parse);
  }

  public Optional<Instant> optionalInstant(String column) throws SQLException {
    return Optional.ofNullable(result.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  /** Reads a number of microseconds, as {@code extract(epoch from …) * 1000000} gives it. */
  public Optional<Duration> optionalMicros(String column) throws SQLException {
    return optionalNumber(column)
        .map(micros -> Duration.ofSeconds(micros / MICROS, micros % MICROS * 1000));
  }

  private static SQLException nullColumn(String column) {
    return new SQLException("column " + column + " is null, a value was expected", "22004");
  }
}
