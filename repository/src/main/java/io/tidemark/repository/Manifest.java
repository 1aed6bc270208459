package io.tidemark.repository;

import java.util.List;

/**
 * A completed backup, whole: what to restore and from where.
 *
 * @param backupLabel content of the backup_label file
 * @param tablespaceMap content of the tablespace_map file, empty if there is none
 */
public record Manifest(
    BackupInfo info,
    BackupTotals totals,
    String backupLabel,
    String tablespaceMap,
    List<Tablespace> tablespaces,
    List<Directory> directories,
    List<BackupFile> files) {

  /** A tablespace and where it was. */
  public record Tablespace(int oid, String location) {}

  /** A directory, relative to the data directory. */
  public record Directory(String path, int mode) {}

  public Manifest {
    tablespaces = List.copyOf(tablespaces);
    directories = List.copyOf(directories);
    files = List.copyOf(files);
  }
}
