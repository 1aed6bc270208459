package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A replica's own directory below the state directory: its state, its lock, the password file and
 * the log of its server.
 */
public record ReplicaHome(Path directory) {
  /** In a data directory that is ours: holds the build's identifier. */
  public static final String MARKER = "tidemark.replica";

  private static final Duration POLL = Duration.ofMillis(100);

  /** The server's user goes through it to the password file and the log, and may list nothing. */
  private static final Set<PosixFilePermission> TRAVERSABLE =
      Set.copyOf(PosixFilePermissions.fromString("rwx--x--x"));

  /** The home of a replica of that name. */
  public static ReplicaHome of(Path stateDirectory, String replica) {
    return new ReplicaHome(stateDirectory.resolve("replicas").resolve(replica));
  }

  public Path stateFile() {
    return directory.resolve("state.json");
  }

  /** For libpq, of the server's user. */
  public Path passfile() {
    return directory.resolve("passfile");
  }

  /** What the server prints, where the configuration names no other file. */
  public Path log() {
    return directory.resolve("postgresql.log");
  }

  /** What was last written; empty before the first build. */
  public Optional<ReplicaState> read() {
    try {
      return Optional.of(StateJson.read(Files.readAllBytes(stateFile())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          stateFile() + " cannot be used: " + e.getMessage(),
          "Look at the file; without it Tidemark takes the replica's directory for foreign.",
          e);
    }
  }

  /** Writes it durably. Only who holds the lock may. */
  public void write(ReplicaState state) {
    try {
      create();
      DurableFiles.write(stateFile(), StateJson.write(state), DurableFiles.PRIVATE);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          stateFile() + " cannot be written: " + e,
          "Check the state directory's permissions and the disk.",
          e);
    }
  }

  /** What PostgreSQL's programs print that are run on its data directory. */
  Path programLog() {
    return directory.resolve("program.log");
  }

  /** Makes the directory where it is missing. */
  public void create() throws IOException {
    DurableFiles.createDirectories(directory, TRAVERSABLE);
  }

  /** Forgets the replica: after it was dropped. */
  public void deleteState() throws IOException {
    DurableFiles.delete(stateFile());
    Files.deleteIfExists(passfile());
  }

  /** Writes the marker into a data directory, owned as that is. */
  public static void mark(Path dataDirectory, String buildId) throws IOException {
    Path marker = dataDirectory.resolve(MARKER);
    DurableFiles.write(
        marker, (buildId + "\n").getBytes(StandardCharsets.US_ASCII), DurableFiles.PRIVATE);
    Files.setOwner(marker, Files.getOwner(dataDirectory));
  }

  /** Takes the marker away: the data directory is nobody's replica any more. */
  static void unmark(Path dataDirectory) throws IOException {
    DurableFiles.delete(dataDirectory.resolve(MARKER));
  }

  /** The build's identifier in a data directory; empty where there is no marker. */
  public static Optional<String> markOf(Path dataDirectory) throws IOException {
    Path marker = dataDirectory.resolve(MARKER);
    return Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(Files.readString(marker, StandardCharsets.ISO_8859_1).strip())
        : Optional.empty();
  }

  /** Held by whoever changes the replica: a command, or the daemon for one turn. */
  public static final class Lock implements AutoCloseable {
    private final FileChannel channel;

    private Lock(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw new TidemarkException(
            ErrorCode.LOCAL_IO, "a replica's lock cannot be released: " + e, "", e);
      }
    }
  }

  /** Takes the lock; empty where somebody has it, also in this process. */
  public Optional<Lock> tryLock() {
    try {
      create();
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      @Nullable FileLock lock = null;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        // Another thread of this process has it: the same answer.
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
      return lock == null ? Optional.empty() : Optional.of(new Lock(channel));
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          directory.resolve("lock") + " cannot be locked: " + e,
          "Run this as the daemon's user.",
          e);
    }
  }

  /**
   * Takes the lock, waiting for it.
   *
   * @throws TidemarkException LEASE_HELD where it is not free within the limit
   */
  public Lock lock(Duration limit) throws InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      Optional<Lock> lock = tryLock();
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - begin > limit.toNanos()) {
        throw new TidemarkException(
            ErrorCode.LEASE_HELD,
            "the replica in " + directory + " is being worked on by the daemon or a command",
            "Wait for its end: tidemark replica status says what it does.");
      }
      Thread.sleep(POLL);
    }
  }
}
