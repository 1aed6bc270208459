package org.postgresql.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.NullMarked;

/**
 * Gives a statement a parameter in PostgreSQL's binary form: a protected method of {@link
 * PgPreparedStatement}, which is why this class lies in the driver's package. The driver's own ways
 * send binary only the types that it knows, and turn the others into text.
 */
@NullMarked
public final class BinaryParameter {
  private BinaryParameter() {}

  /**
   * Sets it.
   *
   * @param index from 1 on
   * @param value what the type's receive function reads
   */
  public static void bind(PreparedStatement statement, int index, int typeOid, byte[] value)
      throws SQLException {
    statement.unwrap(PgPreparedStatement.class).bindBytes(index, value, typeOid);
  }
}
