package io.tidemark.postgres;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** A row filter as the source's server understands it. */
public sealed interface PublicationFilter {
  /**
   * It may stand in a publication.
   *
   * @param sql as the server writes it, names with their schemas
   * @param columns that it reads
   */
  record Usable(String sql, Set<String> columns) implements PublicationFilter {
    public Usable {
      columns = Set.copyOf(columns);
    }
  }

  /** The server refuses it. */
  record Unusable(String why) implements PublicationFilter {}

  /** There is none. */
  record None() implements PublicationFilter {}

  default Optional<String> text() {
    return this instanceof Usable usable ? Optional.of(usable.sql()) : Optional.empty();
  }

  /**
   * Asks the server by a publication that is rolled back: only so is it known which columns an
   * expression reads, before one that reads others than the replica identity's makes UPDATE and
   * DELETE on the source fail (pub_rf_contains_invalid_column in publicationcmds.c). It has the
   * lock of an ALTER PUBLICATION on the table for that moment.
   *
   * @param table quoted, with its schema
   * @param where as it is configured
   * @throws PostgresException where that could not be found out now
   */
  static PublicationFilter probe(PostgresSession source, String table, String where) {
    String name = "tidemark_probe_" + source.value("SELECT pg_backend_pid()").orElse("");
    source.execute("BEGIN");
    try {
      source.execute("SET LOCAL lock_timeout = '2s'");
      source.execute("SET LOCAL search_path TO DEFAULT");
      source.execute(
          DriverSql.withoutParameters(
              "CREATE PUBLICATION %s FOR TABLE ONLY %s WHERE (%s)".formatted(name, table, where)
                  + " WITH (publish_via_partition_root = true)"));
      source.execute("SET LOCAL search_path = ''");
      return read(source, name);
    } catch (PostgresException e) {
      // Classes of errcodes.txt: syntax or access rule, data, not supported. Not: a lock or
      // timeout.
      if (e.sqlState().startsWith("42")
          || e.sqlState().startsWith("22")
          || e.sqlState().startsWith("0A")) {
        return new Unusable(e.getMessage());
      }
      throw e;
    } finally {
      if (!source.isClosed()) {
        source.execute("ROLLBACK");
      }
    }
  }

  private static PublicationFilter read(PostgresSession source, String name) {
    String of =
        " FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
            + " WHERE p.pubname = ?";
    String sql = source.value("SELECT pg_get_expr(r.prqual, r.prrelid)" + of, name).orElse("true");
    Set<String> columns =
        new LinkedHashSet<>(
            source.query(
                "SELECT a.attname FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid"
                    + " AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_publication_rel'::regclass"
                    + " AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0"
                    + " AND d.objid = (SELECT r.oid"
                    + of
                    + ")",
                row -> row.text("attname"),
                name));
    return new Usable(sql, columns);
  }
}
