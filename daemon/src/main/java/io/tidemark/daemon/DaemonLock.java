package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a second daemon away from a run directory; the kernel lets go of it with the process. */
final class DaemonLock implements AutoCloseable {
  private final FileChannel file;

  private DaemonLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Takes {@code daemon.lock}, and writes this process's number into it.
   *
   * @throws TidemarkException LEASE_HELD naming the process that has it, LOCAL_IO
   */
  static DaemonLock take(Path runDirectory) {
    Path path = runDirectory.resolve("daemon.lock");
    try {
      Files.createDirectories(runDirectory);
      FileChannel file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        lock(file, path);
        return new DaemonLock(file);
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "the run directory %s cannot be used: %s; expected one that this user can write"
              .formatted(runDirectory, e),
          "make it, or set run-directory",
          e);
    }
  }

  private static void lock(FileChannel file, Path path) throws IOException {
    if (tryLock(file) == null) {
      ByteBuffer other = ByteBuffer.allocate(32);
      file.read(other, 0);
      String pid = new String(other.array(), 0, other.position(), StandardCharsets.US_ASCII);
      throw new TidemarkException(
          ErrorCode.LEASE_HELD,
          "the daemon with process number %s uses %s already; expected none"
              .formatted(pid.strip(), path),
          "stop that one, or give this one another run-directory");
    }
    file.truncate(0);
    String pid = ProcessHandle.current().pid() + "\n";
    file.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
  }

  private static @Nullable Object tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, "the daemon's lock cannot be closed: " + e, "", e);
    }
  }
}
