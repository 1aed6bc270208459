package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.WalSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Received WAL on the local disk, fsynced: what {@code ack: local} calls durable. One file for each
 * segment, under its name, from its first byte on; it goes when the segment is in the repository.
 * Not for use by several threads.
 */
final class Spool implements AutoCloseable {
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Path directory;
  private final ArchiverListener listener;
  private @Nullable FileChannel file;
  private @Nullable WalSegment segment;
  private boolean failing;
  private long retryAtNanos;

  Spool(Path directory, ArchiverListener listener) {
    this.directory = directory;
    this.listener = listener;
    try {
      DurableFiles.createDirectories(directory, DurableFiles.PRIVATE_DIRECTORY);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Saves what {@code open} holds and the spool does not yet.
   *
   * @return whether all of it is on disk now. If not, it is tried again at a later call
   */
  boolean save(OpenSegment open) {
    if (failing && System.nanoTime() - retryAtNanos < 0) {
      return false;
    }
    try {
      FileChannel channel = fileOf(open.segment());
      ByteBuffer missing = open.received(Math.toIntExact(channel.position()));
      while (missing.hasRemaining()) {
        channel.write(missing);
      }
      channel.force(false);
      recovered();
      return true;
    } catch (IOException e) {
      giveUp(e);
      return false;
    }
  }

  /** The segment is in the repository. */
  void remove(WalSegment done) {
    try {
      if (done.equals(segment)) {
        close();
      }
      Files.deleteIfExists(directory.resolve(done.name()));
    } catch (IOException e) {
      listener.on(new ArchiverEvent.SpoolFailed(failed(e)));
    }
  }

  /** The files of segments, in the order of their names. */
  List<Path> files() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> WalSegment.isName(f.getFileName().toString())).sorted().toList();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    FileChannel open = file;
    file = null;
    segment = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        listener.on(new ArchiverEvent.SpoolFailed(failed(e)));
      }
    }
  }

  static TidemarkException failed(IOException e) {
    String text = String.valueOf(e.getMessage());
    boolean full = text.contains("No space left") || text.contains("quota");
    return new TidemarkException(
        full ? ErrorCode.NO_SPACE : ErrorCode.LOCAL_IO,
        "the spool cannot be used: " + e,
        full
            ? "Make room: until then WAL is acknowledged only when it is in the repository"
            : "Check the spool directory and its file system",
        e);
  }

  private FileChannel fileOf(WalSegment wanted) throws IOException {
    FileChannel open = file;
    if (open != null && wanted.equals(segment)) {
      return open;
    }
    close();
    // Whatever an earlier stream left there comes again from the server.
    open =
        FileChannel.open(
            directory.resolve(wanted.name()),
            EnumSet.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING),
            PosixFilePermissions.asFileAttribute(DurableFiles.PRIVATE));
    DurableFiles.fsync(directory);
    file = open;
    segment = wanted;
    return open;
  }

  /** After a failed write or fsync nobody knows what is on disk: the file is written anew. */
  private void giveUp(IOException e) {
    close();
    retryAtNanos = System.nanoTime() + RETRY.toNanos();
    if (!failing) {
      failing = true;
      listener.on(new ArchiverEvent.SpoolFailed(failed(e)));
    }
  }

  private void recovered() {
    if (failing) {
      failing = false;
      listener.on(new ArchiverEvent.SpoolRecovered());
    }
  }
}
