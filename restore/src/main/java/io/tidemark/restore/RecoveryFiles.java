package io.tidemark.restore;

import io.tidemark.postgres.BackupLabel;
import io.tidemark.postgres.BackupManifest;
import io.tidemark.postgres.Crc32c;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.TablespaceMap;
import io.tidemark.postgres.WalRange;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes what tells PostgreSQL to recover, and from where; and its own backup_manifest, by which
 * pg_verifybackup can check the directory before it is started.
 */
final class RecoveryFiles {
  private final Manifest manifest;
  private final TablespaceMap tablespaces;
  private final PathResolver paths;

  /**
   * @param tablespaces where they are now
   */
  RecoveryFiles(Manifest manifest, TablespaceMap tablespaces, PathResolver paths) {
    this.manifest = manifest;
    this.tablespaces = tablespaces;
    this.paths = paths;
  }

  /** Writes all of them for a recovery, with {@code settings} added to postgresql.auto.conf. */
  void write(Map<String, String> settings) {
    write("recovery.signal", before -> RecoverySettings.render(before, settings));
  }

  /** The same for a standby, which follows for ever. */
  void writeStandby(Map<String, String> settings) {
    write("standby.signal", before -> AutoConf.renderStandby(before, settings));
    new MissingConfiguration(paths).write();
  }

  private void write(String signal, UnaryOperator<byte[]> autoConf) {
    try {
      paths.write(BackupLabel.FILE_NAME, bytes(manifest.backupLabel()));
      if (hasTablespaces()) {
        paths.write(TablespaceMap.FILE_NAME, bytes(tablespaces.render()));
      }
      paths.write(BackupManifest.FILE_NAME, postgresManifest());
      byte[] before = AutoConf.read(paths.root().resolve(AutoConf.NAME));
      paths.write(AutoConf.NAME, autoConf.apply(before));
      paths.write(signal, new byte[0]);
    } catch (IOException e) {
      throw TargetDirectory.cannot("write recovery settings in", paths.root(), e);
    }
  }

  private boolean hasTablespaces() {
    return !tablespaces.tablespaces().isEmpty();
  }

  /** pg_verifybackup does not look at postgresql.auto.conf, recovery.signal and pg_wal. */
  private byte[] postgresManifest() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BackupManifest postgres =
        new BackupManifest(
            out, PostgresMajor.of(manifest.info().postgresMajor()), manifest.info().systemId());
    for (BackupFile file : manifest.files()) {
      postgres.addFile(file.path(), file.size(), file.modified(), file.crc32c());
    }
    addText(postgres, BackupLabel.FILE_NAME, manifest.backupLabel());
    if (hasTablespaces()) {
      addText(postgres, TablespaceMap.FILE_NAME, tablespaces.render());
    }
    postgres.finish(
        List.of(
            new WalRange(
                manifest.info().timeline(),
                manifest.info().startLsn(),
                manifest.info().stopLsn())));
    return out.toByteArray();
  }

  private void addText(BackupManifest postgres, String path, String content) throws IOException {
    byte[] bytes = bytes(content);
    postgres.addFile(path, bytes.length, manifest.info().stopTime(), Crc32c.of(bytes));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
