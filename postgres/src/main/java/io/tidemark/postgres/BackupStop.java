package io.tidemark.postgres;

import java.sql.SQLException;

/**
 * What pg_backup_stop answers.
 *
 * @param lsn the backup needs all WAL before this
 * @param backupLabel the content of the file backup_label, exactly
 * @param tablespaceMap the content of the file tablespace_map; empty where none is to be written
 */
public record BackupStop(Lsn lsn, String backupLabel, String tablespaceMap) {
  static BackupStop read(Row row) throws SQLException {
    return new BackupStop(
        row.lsn("lsn"), row.text("labelfile"), row.optionalText("spcmapfile").orElse(""));
  }
}
