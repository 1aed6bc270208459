package io.tidemark.postgres;

import java.sql.SQLException;

/**
 * A tablespace besides the two that every cluster has.
 *
 * @param oid the name of its link in pg_tblspc, unsigned
 * @param name as CREATE TABLESPACE named it
 * @param location where the link leads on the server's host
 */
public record TablespaceRow(long oid, String name, String location) {
  static final String QUERY =
      "SELECT oid::bigint AS oid, spcname, pg_tablespace_location(oid) AS location"
          + " FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid";

  static TablespaceRow read(Row row) throws SQLException {
    return new TablespaceRow(row.number("oid"), row.text("spcname"), row.text("location"));
  }
}
