package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Puts what an earlier process left in the spool into the repository, before a stream begins: it
 * was acknowledged, and the server may have removed it.
 */
record SpoolReplay(Spool spool, ClusterRepository repository) {
  /** Returns when the spool is empty; throws where the repository cannot be written. */
  void run() {
    for (WalSegment segment : spool.segments()) {
      put(segment, read(spool.file(segment)));
      spool.remove(segment);
    }
  }

  private void put(WalSegment segment, ByteBuffer bytes) {
    SummaryBuilder summary = new SummaryBuilder();
    WalScanner scanner = new WalScanner(source(segment), segment.start(), summary::add);
    boolean valid = feed(scanner, segment.start(), bytes.duplicate());
    WalArchive archive = repository.wal();
    if (valid && bytes.remaining() == segment.size().bytes()) {
      archive.putSegment(segment, bytes, summary.build());
      return;
    }
    // Behind the last complete record may lie what was written and never fsynced.
    Lsn end = Lsn.min(scanner.lastRecordEnd(), segment.start().plus(bytes.remaining()));
    if (end.isAfter(segment.start())) {
      int length = Math.toIntExact(end.minus(segment.start()));
      archive.putTail(segment, segment.start(), bytes.slice(0, length), summary.build());
    }
  }

  private static boolean feed(WalScanner scanner, Lsn at, ByteBuffer bytes) {
    try {
      scanner.feed(at, bytes);
      return true;
    } catch (WalInvalidException e) {
      return false;
    }
  }

  private WalSource source(WalSegment segment) {
    ClusterIdentity identity = repository.identity();
    TimelineHistory history =
        repository
            .wal()
            .history(segment.timeline())
            .orElseGet(() -> TimelineHistory.root(segment.timeline()));
    return new WalSource(
        PostgresMajor.of(identity.postgresMajor()),
        identity.systemId(),
        identity.walSegmentSize(),
        history);
  }

  private static ByteBuffer read(Path file) {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      // A put that was under way when the lease was lost has gone through.
      return ByteBuffer.allocate(0);
    } catch (IOException e) {
      throw Spool.failed(e);
    }
  }
}
