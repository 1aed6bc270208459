package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Received WAL on the local disk, fsynced: what {@code ack: local} calls durable. One file for each
 * segment, under its name, from its first byte on; it goes when the segment is in the repository.
 * There are never more files than the limit allows. One thread saves; the rest is for any.
 */
final class Spool implements AutoCloseable {
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Path directory;
  private final WalSegmentSize size;
  private final int maxFiles;
  private final ArchiverListener listener;

  // All guarded by this object's monitor.
  private final Set<WalSegment> held = new HashSet<>();
  private @Nullable FileChannel file;
  private @Nullable WalSegment segment;
  private int savedBytes;
  private boolean failing;
  private long retryAtNanos = System.nanoTime();

  /**
   * @param limitBytes of which as many segments as fit are used, but at least two: one to fill
   *     while the other is put
   */
  Spool(Path directory, long limitBytes, WalSegmentSize size, ArchiverListener listener) {
    this.directory = directory;
    this.size = size;
    this.maxFiles = Math.clamp(limitBytes / size.bytes(), 2, Integer.MAX_VALUE);
    this.listener = listener;
    try {
      DurableFiles.createDirectories(directory, DurableFiles.PRIVATE_DIRECTORY);
    } catch (IOException e) {
      throw failed(e);
    }
    held.addAll(segments());
  }

  /**
   * Saves what {@code open} holds and the spool does not yet.
   *
   * @return whether all of it is on disk now. If not, it is tried again at a later call
   */
  synchronized boolean save(OpenSegment open) {
    if (failing && System.nanoTime() - retryAtNanos < 0) {
      return false;
    }
    if (!held.contains(open.segment()) && held.size() >= limit()) {
      fail(full());
      return false;
    }
    try {
      FileChannel channel = fileOf(open.segment());
      ByteBuffer missing = open.received(Math.toIntExact(channel.position()));
      while (missing.hasRemaining()) {
        channel.write(missing);
      }
      channel.force(false);
      savedBytes = Math.max(savedBytes, Math.toIntExact(channel.position()));
      recovered();
      return true;
    } catch (IOException e) {
      giveUp(e);
      return false;
    }
  }

  /** Whether the last try to save did not succeed. */
  synchronized boolean isFailing() {
    return failing;
  }

  /** What is on disk of the segment that was saved last, if that is {@code wanted}. */
  synchronized Optional<ByteBuffer> saved(WalSegment wanted) {
    if (!wanted.equals(segment) || savedBytes == 0) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.allocate(savedBytes);
    try {
      read(wanted, bytes);
    } catch (IOException e) {
      giveUp(e);
      return Optional.empty();
    }
    return Optional.of(bytes.flip());
  }

  /** Whether there is a file of it: it is not known to be in the repository. */
  synchronized boolean holds(WalSegment wanted) {
    return held.contains(wanted);
  }

  /** Fills {@code bytes} from the segment's first byte on. */
  void read(WalSegment wanted, ByteBuffer bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file(wanted), StandardOpenOption.READ)) {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw new EOFException(file(wanted) + " lacks " + bytes.remaining() + " bytes");
        }
      }
    }
  }

  /** The segment is in the repository. */
  synchronized void remove(WalSegment done) {
    try {
      if (done.equals(segment)) {
        close();
        segment = null;
      }
      held.remove(done);
      Files.deleteIfExists(file(done));
    } catch (IOException e) {
      listener.on(new ArchiverEvent.SpoolFailed(failed(e)));
    }
  }

  /** Those of which there are files, in order. */
  List<WalSegment> segments() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(WalSegment::isName)
          .sorted()
          .map(name -> WalSegment.parse(name, size))
          .toList();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The file of a segment, which need not be there. */
  Path file(WalSegment of) {
    return directory.resolve(of.name());
  }

  /** Lets go of the file that is open; what is in it stays. */
  @Override
  public synchronized void close() {
    FileChannel open = file;
    file = null;
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

  /** Once it was full, an eighth must be free again: an alarm for each segment helps nobody. */
  private int limit() {
    return failing ? maxFiles - Math.max(1, maxFiles / 8) + 1 : maxFiles;
  }

  private TidemarkException full() {
    return new TidemarkException(
        ErrorCode.NO_SPACE,
        "the spool holds %d segments of %d bytes, as many as archive.spool-limit allows"
            .formatted(held.size(), size.bytes()),
        "Nothing more is acknowledged until the store takes some. Is it reachable, and fast enough?");
  }

  private FileChannel fileOf(WalSegment wanted) throws IOException {
    FileChannel open = file;
    if (open != null && wanted.equals(segment)) {
      return open;
    }
    close();
    savedBytes = wanted.equals(segment) ? savedBytes : 0;
    segment = wanted;
    // Never cut: what an earlier stream left there was acknowledged, and the same comes again.
    open =
        FileChannel.open(
            file(wanted),
            EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(DurableFiles.PRIVATE));
    file = open;
    held.add(wanted);
    DurableFiles.fsync(directory);
    return open;
  }

  /** After a failed write or fsync nobody knows what is on disk: the file is written anew. */
  private void giveUp(IOException e) {
    close();
    savedBytes = 0;
    fail(failed(e));
  }

  private void fail(TidemarkException e) {
    retryAtNanos = System.nanoTime() + RETRY.toNanos();
    if (!failing) {
      failing = true;
      listener.on(new ArchiverEvent.SpoolFailed(e));
    }
  }

  private void recovered() {
    if (failing) {
      failing = false;
      listener.on(new ArchiverEvent.SpoolRecovered());
    }
  }
}
