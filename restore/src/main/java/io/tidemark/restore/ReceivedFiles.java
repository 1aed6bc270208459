package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BaseBackupMessage;
import io.tidemark.postgres.BaseBackupMessage.Data;
import io.tidemark.postgres.BaseBackupMessage.End;
import io.tidemark.postgres.BaseBackupMessage.ManifestStart;
import io.tidemark.postgres.BaseBackupMessage.NewArchive;
import io.tidemark.postgres.BaseBackupMessage.Progress;
import io.tidemark.postgres.BaseBackupStream;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.TablespaceMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** Unpacks the tar files of a base backup as they come; pg_control it only hands back. */
final class ReceivedFiles {
  /** Of the server's own recovery, or of its own directory: here they are written by us. */
  private static final Set<String> NOT_TAKEN =
      Set.of("standby.signal", "recovery.signal", TablespaceMap.FILE_NAME, TargetDirectory.MARKER);

  private static final int TABLESPACE_SUFFIX = ".tar".length();

  private final BaseBackupStream stream;
  private final PathResolver paths;
  private final String marker;
  private final FsyncBehind durable;
  private final RestoreProgress progress;
  private long count;
  private long bytes;
  private byte @Nullable [] controlFile;

  /**
   * @param marker a file at the top that is ours, not the server's
   * @param durable gets every file that is written; waited for by the caller
   */
  ReceivedFiles(
      BaseBackupStream stream,
      PathResolver paths,
      String marker,
      FsyncBehind durable,
      RestoreProgress progress) {
    this.stream = stream;
    this.paths = paths;
    this.marker = marker;
    this.durable = durable;
    this.progress = progress;
  }

  long count() {
    return count;
  }

  long bytes() {
    return bytes;
  }

  /** Reads to the end of the backup; gives pg_control. */
  byte[] receive() {
    progress.step("copying files");
    BaseBackupMessage message = stream.next();
    while (!(message instanceof End)) {
      message = message instanceof NewArchive(String name, _) ? unpack(name) : stream.next();
    }
    if (controlFile == null) {
      throw damaged("came without pg_control");
    }
    ControlFile.decode(controlFile);
    return controlFile;
  }

  private BaseBackupMessage unpack(String archive) {
    String prefix =
        archive.equals("base.tar")
            ? ""
            : "pg_tblspc/" + archive.substring(0, archive.length() - TABLESPACE_SUFFIX) + "/";
    Archive content = new Archive();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(content)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        take(tar, entry, prefix);
      }
      return content.next();
    } catch (IOException e) {
      throw TargetDirectory.cannot("write a file of " + archive + " in", paths.root(), e);
    }
  }

  private void take(InputStream content, TarArchiveEntry entry, String prefix) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new TidemarkException(
          ErrorCode.INTERRUPTED, "the copy from the server was interrupted", "run it again");
    }
    String path = prefix + plain(entry.getName());
    int mode = entry.getMode() & 0777;
    if (entry.isDirectory()) {
      if (!path.equals(prefix)) {
        paths.createDirectory(path, mode);
      }
    } else if (path.equals(ControlFile.PATH)) {
      controlFile = content.readAllBytes();
    } else if (!entry.isFile()) {
      throw damaged("has a file of an unknown kind, " + path);
    } else if (!NOT_TAKEN.contains(path) && !path.equals(marker)) {
      write(content, paths.resolve(path), mode);
    }
  }

  private void write(InputStream content, Path file, int mode) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS)) {
      long length = content.transferTo(out);
      bytes += length;
      progress.restored(length);
    }
    paths.own(file, mode);
    durable.add(file);
    count++;
  }

  /** The path without what PostgreSQL sometimes writes around it. */
  private String plain(String name) {
    String path = name.startsWith("./") ? name.substring(2) : name;
    path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    if (path.startsWith("/") || Set.of(path.split("/", -1)).contains("..")) {
      throw damaged("names a file outside of it, " + name);
    }
    return path;
  }

  private static TidemarkException damaged(String found) {
    return new TidemarkException(
        ErrorCode.POSTGRES_DATA_INVALID,
        "the server's base backup " + found,
        "is that really a PostgreSQL server?");
  }

  /** The bytes of the archive that is under way, up to the next message of another kind. */
  private final class Archive extends InputStream {
    private ByteBuffer rest = ByteBuffer.allocate(0);
    private @Nullable BaseBackupMessage next;

    /** The message after the archive, of which the rest is skipped. */
    BaseBackupMessage next() {
      while (fill()) {
        rest.position(rest.limit());
      }
      return Objects.requireNonNull(next);
    }

    @Override
    public int read() {
      return fill() ? rest.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (!fill()) {
        return -1;
      }
      int taken = Math.min(length, rest.remaining());
      rest.get(target, offset, taken);
      return taken;
    }

    private boolean fill() {
      while (!rest.hasRemaining() && next == null) {
        BaseBackupMessage message = stream.next();
        switch (message) {
          case Data(ByteBuffer data) -> rest = data;
          case Progress _ -> {}
          case NewArchive _, ManifestStart _, End _ -> next = message;
        }
      }
      return rest.hasRemaining();
    }
  }
}
