package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.WalArchive;
import io.tidemark.repository.WalSummary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Archives the files that one cluster's server pushes: checked as a stream's bytes are, and durable
 * when {@link #put} returns. For many threads.
 */
final class PushedWal {
  private static final Timeline FIRST = new Timeline(1);
  private static final long MAX_HISTORY_BYTES = 1 << 20;

  private final PushTarget target;
  private final WalArchive archive;
  private final ClusterIdentity identity;

  // Guarded by this object's monitor: the scanner that has read a segment goes on with the next,
  // so that a record that crosses from one to the other is checked and counted.
  private @Nullable WalSegment scanned;
  private @Nullable WalScanner scanner;
  private SummaryBuilder summary = new SummaryBuilder();

  PushedWal(PushTarget target) {
    this.target = target;
    this.archive = target.repository().wal();
    this.identity = target.repository().identity();
  }

  /** Puts a file of the server's pg_wal; success also where the same is there already. */
  void put(Path path) throws IOException {
    Path file = inPgWal(path);
    switch (PushedFile.of(file.getFileName().toString(), identity.walSegmentSize())) {
      case PushedFile.Segment(WalSegment segment) -> putSegment(segment, file);
      case PushedFile.Partial(WalSegment segment) -> putPartial(segment, file);
      case PushedFile.History(Timeline timeline) -> archive.putHistory(timeline, history(file));
      // Its start and end are in the manifest of the backup, if it was one of ours.
      case PushedFile.BackupHistory() -> {}
    }
  }

  private Path inPgWal(Path path) throws IOException {
    Path name = path.getFileName();
    Path parent = path.getParent();
    Path pgWal = target.dataDirectory().resolve("pg_wal").toRealPath();
    if (name == null || parent == null || !pgWal.equals(parent.toRealPath())) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          path + " is not in " + pgWal + ", where the WAL of cluster " + target.cluster() + " is",
          "archive_command must be: tidemark wal-push %p");
    }
    return pgWal.resolve(name);
  }

  private void putSegment(WalSegment segment, Path file) throws IOException {
    ByteBuffer bytes = read(file);
    putMissingHistory(segment.timeline());
    archive.putSegment(segment, bytes, summarize(segment, bytes));
  }

  private void putPartial(WalSegment segment, Path file) throws IOException {
    ByteBuffer bytes = read(file);
    putMissingHistory(segment.timeline());
    SummaryBuilder partial = new SummaryBuilder();
    WalScanner reader = new WalScanner(source(segment), segment.start(), partial::add);
    try {
      reader.feed(segment.start(), bytes.duplicate());
    } catch (WalInvalidException e) {
      // Behind the last record lies what an older use of the file left there.
      if (e.lsn().equals(segment.start())) {
        throw e;
      }
    }
    int length = Math.toIntExact(reader.lastRecordEnd().minus(segment.start()));
    if (length > 0) {
      archive.putTail(segment, segment.start(), bytes.slice(0, length), partial.build());
    }
  }

  /** Checks all of a segment, and tells what it says. */
  private synchronized WalSummary summarize(WalSegment segment, ByteBuffer bytes) {
    summary = new SummaryBuilder();
    if (scanned == null || scanner == null || !scanned.next().equals(segment)) {
      scanner = new WalScanner(source(segment), segment.start(), event -> summary.add(event));
    }
    WalScanner current = scanner;
    scanned = null;
    current.feed(segment.start(), bytes.duplicate());
    scanned = segment;
    return summary.build();
  }

  private WalSource source(WalSegment segment) {
    TimelineHistory history =
        archive
            .history(segment.timeline())
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.OBJECT_MISSING,
                        "%s is neither in the archive nor in pg_wal"
                            .formatted(segment.timeline().historyFileName()),
                        "Archive it before WAL of that timeline"));
    return new WalSource(
        PostgresMajor.of(identity.postgresMajor()),
        identity.systemId(),
        identity.walSegmentSize(),
        history);
  }

  /** A reader that does not find a timeline's history stays on the old one without a word. */
  private void putMissingHistory(Timeline timeline) throws IOException {
    Path file = target.dataDirectory().resolve("pg_wal").resolve(timeline.historyFileName());
    if (!timeline.equals(FIRST)
        && archive.historyFile(timeline).isEmpty()
        && Files.isRegularFile(file)) {
      archive.putHistory(timeline, history(file));
    }
  }

  private static byte[] history(Path file) throws IOException {
    requirePlainFile(file, Optional.empty());
    return Files.readAllBytes(file);
  }

  private ByteBuffer read(Path file) throws IOException {
    int size = identity.walSegmentSize().bytes();
    requirePlainFile(file, Optional.of((long) size));
    ByteBuffer bytes = ByteBuffer.allocate(size);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
    }
    if (bytes.hasRemaining()) {
      throw new IOException(file + " became shorter while it was read");
    }
    return bytes.flip();
  }

  private static void requirePlainFile(Path file, Optional<Long> size) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile() || found.size() != size.orElse(found.size())) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "%s is %s of %d bytes; expected a plain file%s"
              .formatted(
                  file,
                  found.isRegularFile() ? "a file" : "not a file",
                  found.size(),
                  size.map(bytes -> " of " + bytes + " bytes").orElse("")),
          "Is it the right data directory?");
    }
    if (found.size() > Math.max(MAX_HISTORY_BYTES, size.orElse(0L))) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          file + " has " + found.size() + " bytes, too many for a history file",
          "Look into it");
    }
  }
}
