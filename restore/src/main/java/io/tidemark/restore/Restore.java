package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.TablespaceMap;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Manifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes a data directory from a backup, ready to be started and to recover as planned. Until
 * pg_control is written, which comes last, PostgreSQL refuses to start there: an interrupted
 * restore never runs by accident.
 */
public final class Restore {
  private final ClusterRepository repository;
  private final RestoreOptions options;
  private final RestoreProgress progress;
  private final FsyncBehind.Fsync fsync;

  public Restore(ClusterRepository repository, RestoreOptions options, RestoreProgress progress) {
    this(repository, options, progress, DurableFiles::fsync);
  }

  /**
   * @param fsync of files that are written in parallel
   */
  Restore(
      ClusterRepository repository,
      RestoreOptions options,
      RestoreProgress progress,
      FsyncBehind.Fsync fsync) {
    this.repository = repository;
    this.options = options;
    this.progress = progress;
    this.fsync = fsync;
  }

  /**
   * Writes the data directory.
   *
   * @param restoreCommand given the data directory, installs what PostgreSQL is to call for WAL and
   *     returns the value of {@code restore_command}
   * @throws TidemarkException DIRECTORY_REFUSED, NO_SPACE, USAGE and what makes a manifest unusable
   *     before anything is touched; OBJECT_DAMAGED, LOCAL_IO
   */
  public RestoredFiles run(RestorePlan plan, Function<Path, String> restoreCommand) {
    return run(
        plan,
        Optional.empty(),
        (files, root) -> {
          String command = restoreCommand.apply(root);
          RecoveryWay.of(plan).write(root);
          files.write(RecoverySettings.of(plan, options, command));
        });
  }

  /**
   * Writes the data directory of a standby, which is never to end its recovery by itself: it
   * follows the newest timeline, through the archive and, where its settings say so, from a server.
   * Of the options, action and archiving do not count. Parameters and errors otherwise as above.
   */
  public RestoredFiles standby(
      RestorePlan plan, Function<Path, String> restoreCommand, StandbyDirectory standby) {
    return run(
        plan,
        Optional.of(standby),
        (files, root) -> files.writeStandby(standby.settings(restoreCommand.apply(root))));
  }

  /** Writes what tells PostgreSQL how to recover in the directory. */
  private interface Recovering {
    void write(RecoveryFiles files, Path root);
  }

  private RestoredFiles run(
      RestorePlan plan, Optional<StandbyDirectory> standby, Recovering recovering) {
    progress.step("reading the manifest");
    Manifest manifest = repository.backups().manifest(plan.backup().name());
    BackupFile controlFile = controlFile(manifest);
    TablespaceMap tablespaces =
        TablespaceMapping.apply(
            TablespaceMap.parse(manifest.tablespaceMap()), options.tablespaces());
    PathResolver paths = paths(manifest, tablespaces);
    List<Path> madeBefore =
        options.delta()
            ? ReplayedTablespaces.madeBefore(plan.tablespacesMade(), paths.root())
            : List.of();
    requireTargets(plan, manifest, paths, madeBefore);
    TargetDirectory.begin(paths, manifest.info().systemId(), standby);
    long removed = options.delta() ? removeStrays(manifest, paths, madeBefore, standby) : 0;
    long reused = writeFiles(manifest, controlFile, paths);
    progress.step("writing the recovery settings");
    recovering.write(new RecoveryFiles(manifest, tablespaces, paths), paths.root());
    progress.step("writing pg_control");
    finish(controlFile, paths);
    return new RestoredFiles(manifest.files().size(), manifest.totals().bytes(), reused, removed);
  }

  private static BackupFile controlFile(Manifest manifest) {
    return manifest.files().stream()
        .filter(file -> file.path().equals(ControlFile.PATH))
        .filter(file -> file.size() == ControlFile.BYTES && file.frames().size() == 1)
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.OBJECT_DAMAGED,
                    "the manifest of %s lists no whole pg_control"
                        .formatted(manifest.info().name()),
                    "restore from another backup; `tidemark verify` says which are whole"));
  }

  private PathResolver paths(Manifest manifest, TablespaceMap tablespaces) {
    boolean groupReads =
        manifest.directories().stream()
            .anyMatch(d -> d.path().equals("global") && (d.mode() & 0040) != 0);
    return new PathResolver(
        options.directory(),
        tablespaces,
        groupReads,
        FileOwner.find(options.directory(), options.owner(), manifest.info().owner()));
  }

  private void requireTargets(
      RestorePlan plan, Manifest manifest, PathResolver paths, List<Path> madeBefore) {
    new TargetDirectory(paths.root()).require(manifest.info().systemId(), options.delta());
    new TablespaceTargets(paths, options.delta()).require();
    if (!options.tablespaceCreation()) {
      Set<Path> restored = new HashSet<>(paths.tablespaces().values());
      restored.addAll(madeBefore);
      ReplayedTablespaces.require(plan.tablespacesMade(), restored);
    }
    if (!options.delta()) {
      FreeSpace.require(manifest, paths);
    }
  }

  private long removeStrays(
      Manifest manifest,
      PathResolver paths,
      List<Path> madeBefore,
      Optional<StandbyDirectory> standby) {
    progress.step("removing what does not belong there");
    PostgresMajor major = PostgresMajor.of(manifest.info().postgresMajor());
    // First: by their links, which go next, they are known for the directory's own.
    long cleared = madeBefore.stream().mapToLong(made -> StrayFiles.clear(made, major)).sum();
    return cleared + StrayFiles.remove(manifest, paths, standby.map(StandbyDirectory::markerName));
  }

  private long writeFiles(Manifest manifest, BackupFile controlFile, PathResolver paths) {
    progress.planned(manifest.totals().bytes());
    progress.step("creating directories");
    manifest.directories().forEach(d -> paths.createDirectory(d.path(), d.mode()));
    PostgresMajor major = PostgresMajor.of(manifest.info().postgresMajor());
    new DataDirectory(major)
        .emptyDirectories().stream()
            .filter(path -> !Files.isDirectory(paths.root().resolve(path)))
            .forEach(paths::createDirectory);
    List<BackupFile> files =
        manifest.files().stream().filter(file -> !file.equals(controlFile)).toList();
    return new DataDirectoryWriter(
            repository.backups().reader(), paths, options.parallel(), fsync, progress)
        .write(files, options.delta());
  }

  /** pg_control last: with it PostgreSQL starts here, so everything else must be durable before. */
  private void finish(BackupFile controlFile, PathResolver paths) {
    ByteBuffer content = ByteBuffer.allocate(ControlFile.BYTES);
    repository
        .backups()
        .reader()
        .read(
            controlFile.frames().getFirst().pack(),
            controlFile.frames(),
            (_, raw) -> content.put(raw));
    ControlFile.decode(content.array());
    try {
      for (Path tablespace : paths.tablespaces().values()) {
        fsyncDirectories(tablespace);
      }
      fsyncDirectories(paths.root());
      paths.write(ControlFile.PATH, content.array(), controlFile.mode());
      DurableFiles.delete(paths.root().resolve(TargetDirectory.MARKER));
      progress.restored(ControlFile.BYTES);
    } catch (IOException e) {
      throw TargetDirectory.cannot("finish", paths.root(), e);
    }
  }

  /** With the entry of {@code root} itself. */
  static void fsyncDirectories(Path root) throws IOException {
    try (var directories = Files.walk(root)) {
      for (Path directory : directories.filter(Files::isDirectory).toList()) {
        DurableFiles.fsync(directory);
      }
    }
    Path parent = root.getParent();
    if (parent != null && Files.isReadable(parent)) {
      DurableFiles.fsync(parent);
    }
  }
}
