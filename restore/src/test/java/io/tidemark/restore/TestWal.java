package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.WalSummary;
import io.tidemark.repository.Writer;
import io.tidemark.store.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An archive of segments of 1 MiB whose content nobody replays. */
final class TestWal {
  static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

  private final ClusterRepository repository;

  TestWal(ObjectStore store) {
    repository =
        ClusterRepository.create(
            store,
            "shop",
            new ClusterIdentity(
                TestBackup.SYSTEM, TestBackup.MAJOR.number(), SIZE, false, TestBackup.AT),
            new RepositoryOptions(
                Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1")));
  }

  ClusterRepository repository() {
    return repository;
  }

  static WalSegment segment(int timeline, long number) {
    return new WalSegment(new Timeline(timeline), number, SIZE);
  }

  static Lsn lsn(long number, int offset) {
    return segment(1, number).start().plus(offset);
  }

  /** A page header as PostgreSQL writes it, and then the segment's number over and over. */
  static byte[] content(WalSegment segment) {
    ByteBuffer bytes = ByteBuffer.allocate(SIZE.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putLong(segment.number() << 8 | segment.timeline().id());
    }
    bytes
        .putShort(0, (short) 0xD116)
        .putShort(2, (short) 2)
        .putInt(4, segment.timeline().id())
        .putLong(8, segment.start().value())
        .putInt(16, 0)
        .putLong(24, TestBackup.SYSTEM.value())
        .putInt(32, SIZE.bytes())
        .putInt(36, 8192);
    return bytes.array();
  }

  void put(int timeline, long from, long to) {
    for (long number = from; number <= to; number++) {
      WalSegment segment = segment(timeline, number);
      repository.wal().putSegment(segment, ByteBuffer.wrap(content(segment)), WalSummary.EMPTY);
    }
  }

  void putTail(int timeline, long number, int bytes) {
    WalSegment segment = segment(timeline, number);
    repository
        .wal()
        .putTail(
            segment,
            segment.start(),
            ByteBuffer.wrap(content(segment), 0, bytes),
            WalSummary.EMPTY);
  }

  /** A history of timeline 2, which forked from 1. */
  void fork(Lsn at) {
    repository
        .wal()
        .putHistory(
            new Timeline(2), ("1\t" + at + "\tpromoted\n").getBytes(StandardCharsets.UTF_8));
  }
}
