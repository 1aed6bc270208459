package io.tidemark.restore;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BaseBackupOptions;
import io.tidemark.postgres.BaseBackupStream;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.TablespaceLink;
import io.tidemark.postgres.TablespaceMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes a standby's data directory from a running server, where the repository has no backup: by
 * BASE_BACKUP, a load on that server. It holds to the same order as a restore: until pg_control is
 * written, last, PostgreSQL refuses to start there.
 *
 * <p>The WAL from the backup's start on is not copied: a slot or the archive must keep it.
 */
public final class ServerCopy {
  private static final int KIB = 1024;

  private final ReplicationConnection connection;
  private final BaseBackupOptions asked;
  private final RestoreOptions options;
  private final RestoreProgress progress;

  /**
   * @param connection to the server; it can be used again only where {@link #run} returns
   * @param asked without a manifest: nothing reads it here
   * @param options of which parallel, action and archiving do not count; with {@code delta} a
   *     directory of the same cluster is emptied first, nothing of it is reused
   */
  public ServerCopy(
      ReplicationConnection connection,
      BaseBackupOptions asked,
      RestoreOptions options,
      RestoreProgress progress) {
    this.connection = connection;
    this.asked = asked;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Writes the data directory.
   *
   * @param restoreCommand as of {@link Restore#standby}
   * @throws TidemarkException DIRECTORY_REFUSED, NO_SPACE, USAGE before anything is touched;
   *     LOCAL_IO, and what a replication connection throws
   */
  public RestoredFiles run(Function<Path, String> restoreCommand, StandbyDirectory standby) {
    SystemId systemId = connection.identity().systemId();
    new TargetDirectory(options.directory()).require(systemId, options.delta());
    PostgresMajor major =
        PostgresMajor.of(Integer.parseInt(connection.show("server_version_num")) / 10_000);
    boolean groupReads = connection.show("data_directory_mode").endsWith("50");
    progress.step("waiting for the server's checkpoint");
    BaseBackupStream stream = connection.baseBackup(asked);
    TablespaceMap tablespaces =
        TablespaceMapping.apply(tablespacesOf(stream), options.tablespaces());
    PathResolver paths =
        new PathResolver(
            options.directory(),
            tablespaces,
            groupReads,
            FileOwner.find(options.directory(), options.owner(), Optional.empty()));
    new TablespaceTargets(paths, options.delta()).require();
    if (!options.delta()) {
      FreeSpace.require(sizes(stream, paths));
    }
    TargetDirectory.begin(paths, systemId, Optional.of(standby));
    long removed = options.delta() ? StrayFiles.removeAll(major, paths, standby.markerName()) : 0;
    makeDirectories(major, paths);
    try (FsyncBehind durable = new FsyncBehind(DurableFiles::fsync)) {
      ReceivedFiles files =
          new ReceivedFiles(stream, paths, standby.markerName(), durable, progress);
      byte[] controlFile = files.receive();
      durable.await();
      writeSettings(paths, tablespaces, standby.settings(restoreCommand.apply(paths.root())));
      finish(controlFile, paths);
      return new RestoredFiles(files.count(), files.bytes(), 0, removed);
    }
  }

  private static TablespaceMap tablespacesOf(BaseBackupStream stream) {
    List<TablespaceLink> links = new ArrayList<>();
    for (BaseBackupStream.Tablespace tablespace : stream.tablespaces()) {
      if (tablespace.oid().isPresent() && tablespace.location().isPresent()) {
        long oid = Long.parseLong(tablespace.oid().get());
        links.add(new TablespaceLink(oid, tablespace.location().get()));
      }
    }
    return new TablespaceMap(links);
  }

  private Map<Path, Long> sizes(BaseBackupStream stream, PathResolver paths) {
    Map<Path, Long> sizes = new HashMap<>();
    long total = 0;
    for (BaseBackupStream.Tablespace tablespace : stream.tablespaces()) {
      long bytes = tablespace.sizeKib().orElse(0L) * KIB;
      Path place =
          tablespace.oid().map(oid -> paths.resolve("pg_tblspc/" + oid)).orElse(paths.root());
      sizes.merge(place, bytes, Long::sum);
      total += bytes;
    }
    progress.planned(total);
    return sizes;
  }

  private static void makeDirectories(PostgresMajor major, PathResolver paths) {
    paths.createDirectory("pg_tblspc");
    paths.tablespaces().keySet().forEach(paths::createDirectory);
    new DataDirectory(major).emptyDirectories().forEach(paths::createDirectory);
  }

  private void writeSettings(
      PathResolver paths, TablespaceMap tablespaces, Map<String, String> settings) {
    progress.step("writing the standby's settings");
    try {
      if (!tablespaces.tablespaces().isEmpty()) {
        paths.write(TablespaceMap.FILE_NAME, tablespaces.render().getBytes(StandardCharsets.UTF_8));
      }
      StandbyFiles.writeSettings(paths, settings);
      paths.write("standby.signal", new byte[0]);
    } catch (IOException e) {
      throw TargetDirectory.cannot("write settings in", paths.root(), e);
    }
    new MissingConfiguration(paths).write();
  }

  /** pg_control last: with it PostgreSQL starts here, so everything else must be durable before. */
  private void finish(byte[] controlFile, PathResolver paths) {
    progress.step("writing pg_control");
    Path root = paths.root();
    try {
      for (Path tablespace : paths.tablespaces().values()) {
        Restore.fsyncDirectories(tablespace);
      }
      Restore.fsyncDirectories(root);
      paths.write(ControlFile.PATH, controlFile);
      DurableFiles.delete(root.resolve(TargetDirectory.MARKER));
    } catch (IOException e) {
      throw TargetDirectory.cannot("finish", root, e);
    }
  }
}
