package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BackupLabel;
import io.tidemark.postgres.BackupManifest;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.TablespaceMap;
import io.tidemark.postgres.WalRange;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes a data directory from a backup, ready to be started and to recover as planned. Until
 * pg_control is written, which comes last, PostgreSQL refuses to start there: an interrupted
 * restore never runs by accident.
 */
public final class Restore {
  private static final int PRIVATE_FILE = 0600;

  private final ClusterRepository repository;
  private final RestoreOptions settings;
  private final RestoreProgress progress;

  public Restore(ClusterRepository repository, RestoreOptions settings, RestoreProgress progress) {
    this.repository = repository;
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Writes the data directory.
   *
   * @param restoreCommand given the data directory, installs what PostgreSQL is to call for WAL and
   *     returns the value of {@code restore_command}
   * @throws TidemarkException DIRECTORY_REFUSED before anything is touched; NO_SPACE;
   *     OBJECT_DAMAGED
   */
  public RestoredFiles run(RestorePlan plan, Function<Path, String> restoreCommand) {
    progress.step("reading the manifest");
    Manifest manifest = repository.backups().manifest(plan.backup().name());
    TablespaceMap tablespaces =
        TablespaceMapping.apply(
            TablespaceMap.parse(manifest.tablespaceMap()), settings.tablespaces());
    PathResolver paths =
        new PathResolver(
            settings.directory(),
            tablespaces,
            FileOwner.find(settings.directory(), settings.owner()));
    requireTargets(manifest, paths);
    begin(manifest, paths);
    List<BackupFile> files = manifest.files().stream().filter(Restore::isNotControlFile).toList();
    long removed = settings.delta() ? removeStrays(manifest, paths) : 0;
    progress.planned(manifest.totals().bytes());
    long reused =
        new DataDirectoryWriter(repository.backups().reader(), paths, settings.parallel(), progress)
            .write(manifest, files, settings.delta());
    writeRecovery(plan, manifest, tablespaces, paths, restoreCommand);
    finish(manifest, paths);
    return new RestoredFiles(manifest.files().size(), manifest.totals().bytes(), reused, removed);
  }

  private static boolean isNotControlFile(BackupFile file) {
    return !file.path().equals(ControlFile.PATH);
  }

  private void requireTargets(Manifest manifest, PathResolver paths) {
    new TargetDirectory(settings.directory()).require(manifest.info().systemId(), settings.delta());
    paths
        .tablespaceDirectories()
        .forEach(location -> TargetDirectory.requireTablespace(location, settings.delta()));
    if (!settings.delta()) {
      requireSpace(manifest, paths.root());
    }
  }

  private static void requireSpace(Manifest manifest, Path directory) {
    try {
      Path existing = firstExisting(directory);
      FileStore store = Files.getFileStore(existing);
      if (store.getUsableSpace() < manifest.totals().bytes()) {
        throw new TidemarkException(
            ErrorCode.NO_SPACE,
            "%s has %,d bytes free, the backup needs %,d"
                .formatted(existing, store.getUsableSpace(), manifest.totals().bytes()),
            "free some, or restore to another file system");
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("look at the free space of", directory, e);
    }
  }

  private static Path firstExisting(Path path) {
    Path parent = path.getParent();
    return parent == null || Files.exists(path) ? path : firstExisting(parent);
  }

  /** From here on the directory is ours: marked, and without a pg_control that could be started. */
  private void begin(Manifest manifest, PathResolver paths) {
    Path root = paths.root();
    try {
      Files.createDirectories(root);
      paths.own(root, 0700);
      write(paths, TargetDirectory.MARKER, manifest.info().systemId() + "\n");
      if (Files.deleteIfExists(root.resolve(ControlFile.PATH))) {
        DurableFiles.fsync(root.resolve("global"));
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("prepare", root, e);
    }
  }

  private long removeStrays(Manifest manifest, PathResolver paths) {
    progress.step("removing what does not belong there");
    Set<Path> keep = new HashSet<>();
    keep.add(paths.root().resolve(TargetDirectory.MARKER));
    manifest.directories().forEach(directory -> keep.add(paths.resolve(directory.path())));
    manifest.files().forEach(file -> keep.add(paths.resolve(file.path())));
    long removed = StrayFiles.remove(paths.root(), keep);
    for (Path tablespace : paths.tablespaceDirectories()) {
      removed += StrayFiles.remove(tablespace, keep);
    }
    return removed;
  }

  private void writeRecovery(
      RestorePlan plan,
      Manifest manifest,
      TablespaceMap tablespaces,
      PathResolver paths,
      Function<Path, String> restoreCommand) {
    progress.step("writing the recovery settings");
    try {
      write(paths, BackupLabel.FILE_NAME, manifest.backupLabel());
      if (!manifest.tablespaceMap().isEmpty()) {
        write(paths, TablespaceMap.FILE_NAME, tablespaces.render());
      }
      write(paths, BackupManifest.FILE_NAME, postgresManifest(manifest, tablespaces));
      Path autoConf = paths.root().resolve("postgresql.auto.conf");
      String before = Files.exists(autoConf) ? Files.readString(autoConf) : "";
      write(
          paths,
          "postgresql.auto.conf",
          RecoverySettings.render(
              before, RecoverySettings.of(plan, settings, restoreCommand.apply(paths.root()))));
      write(paths, "recovery.signal", "");
    } catch (IOException e) {
      throw TargetDirectory.cannot("write recovery settings in", paths.root(), e);
    }
  }

  /** What pg_verifybackup reads. postgresql.auto.conf is not among what it compares. */
  private static String postgresManifest(Manifest manifest, TablespaceMap tablespaces)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BackupManifest postgres =
        new BackupManifest(
            out, PostgresMajor.of(manifest.info().postgresMajor()), manifest.info().systemId());
    for (BackupFile file : manifest.files()) {
      postgres.addFile(file.path(), file.size(), file.modified(), file.crc32c());
    }
    addText(postgres, manifest, BackupLabel.FILE_NAME, manifest.backupLabel());
    if (!manifest.tablespaceMap().isEmpty()) {
      addText(postgres, manifest, TablespaceMap.FILE_NAME, tablespaces.render());
    }
    postgres.finish(
        List.of(
            new WalRange(
                manifest.info().timeline(),
                manifest.info().startLsn(),
                manifest.info().stopLsn())));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void addText(
      BackupManifest postgres, Manifest manifest, String path, String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    postgres.addFile(
        path, bytes.length, manifest.info().stopTime(), io.tidemark.postgres.Crc32c.of(bytes));
  }

  /** pg_control last: with it PostgreSQL starts here, so everything else must be durable before. */
  private void finish(Manifest manifest, PathResolver paths) {
    progress.step("writing pg_control");
    BackupFile controlFile =
        manifest.files().stream()
            .filter(file -> !isNotControlFile(file))
            .findFirst()
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.OBJECT_DAMAGED,
                        "the manifest of %s lists no pg_control".formatted(manifest.info().name()),
                        "restore from another backup; `tidemark verify` says which are whole"));
    ByteBuffer content = ByteBuffer.allocate((int) controlFile.size());
    repository
        .backups()
        .reader()
        .read(
            controlFile.frames().getFirst().pack(),
            controlFile.frames(),
            (_, raw) -> content.put(raw));
    try {
      for (Path tablespace : paths.tablespaceDirectories()) {
        fsyncDirectories(tablespace);
      }
      fsyncDirectories(paths.root());
      Path target = paths.root().resolve(ControlFile.PATH);
      DurableFiles.write(target, content.array(), FileMode.permissions(controlFile.mode()));
      paths.own(target, controlFile.mode());
      DurableFiles.delete(paths.root().resolve(TargetDirectory.MARKER));
    } catch (IOException e) {
      throw TargetDirectory.cannot("finish", paths.root(), e);
    }
  }

  private static void fsyncDirectories(Path root) throws IOException {
    try (var directories = Files.walk(root)) {
      for (Path directory : directories.filter(Files::isDirectory).toList()) {
        DurableFiles.fsync(directory);
      }
    }
  }

  private static void write(PathResolver paths, String name, String content) throws IOException {
    Path file = paths.root().resolve(name);
    DurableFiles.write(
        file, content.getBytes(StandardCharsets.UTF_8), FileMode.permissions(PRIVATE_FILE));
    paths.own(file, PRIVATE_FILE);
  }
}
