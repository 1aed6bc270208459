package io.tidemark.postgres;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the session's role may do, as far as Tidemark needs it.
 *
 * @param replication it may open replication connections and manage slots
 * @param checkpoint it may run CHECKPOINT
 * @param readAllSettings it sees every setting
 * @param readAllStats it sees what other sessions and standbys do
 * @param backup it may run pg_backup_start and pg_backup_stop
 * @param restorePoint it may run pg_create_restore_point
 * @param switchWal it may run pg_switch_wal
 */
public record RoleAbilities(
    String role,
    boolean superuser,
    boolean replication,
    boolean checkpoint,
    boolean readAllSettings,
    boolean readAllStats,
    boolean backup,
    boolean restorePoint,
    boolean switchWal) {

  static final String QUERY =
      "SELECT rolname, rolsuper, rolsuper OR rolreplication AS replication,"
          + " pg_has_role('pg_checkpoint', 'USAGE') AS checkpoint,"
          + " pg_has_role('pg_read_all_settings', 'USAGE') AS settings,"
          + " pg_has_role('pg_read_all_stats', 'USAGE') AS stats,"
          + " has_function_privilege('pg_backup_start(text, boolean)', 'EXECUTE')"
          + " AND has_function_privilege('pg_backup_stop(boolean)', 'EXECUTE') AS backup,"
          + " has_function_privilege('pg_create_restore_point(text)', 'EXECUTE') AS restore_point,"
          + " has_function_privilege('pg_switch_wal()', 'EXECUTE') AS switch_wal"
          + " FROM pg_roles WHERE rolname = current_user";

  static RoleAbilities read(Row row) throws SQLException {
    return new RoleAbilities(
        row.text("rolname"),
        row.flag("rolsuper"),
        row.flag("replication"),
        row.flag("checkpoint"),
        row.flag("settings"),
        row.flag("stats"),
        row.flag("backup"),
        row.flag("restore_point"),
        row.flag("switch_wal"));
  }

  /**
   * The SQL that a superuser runs to give the role what Tidemark's daemon uses; empty if nothing.
   */
  public List<String> missingGrants() {
    List<String> sql = new ArrayList<>();
    String to = " TO " + quoted() + ";";
    add(sql, replication, "ALTER ROLE " + quoted() + " REPLICATION;");
    add(sql, backup, "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean)" + to);
    add(sql, backup, "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean)" + to);
    add(sql, switchWal, "GRANT EXECUTE ON FUNCTION pg_switch_wal()" + to);
    add(sql, restorePoint, "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text)" + to);
    add(sql, checkpoint, "GRANT pg_checkpoint" + to);
    add(sql, readAllSettings, "GRANT pg_read_all_settings" + to);
    add(sql, readAllStats, "GRANT pg_read_all_stats" + to);
    return List.copyOf(sql);
  }

  private String quoted() {
    return '"' + role.replace("\"", "\"\"") + '"';
  }

  private static void add(List<String> sql, boolean has, String statement) {
    if (!has) {
      sql.add(statement);
    }
  }
}
