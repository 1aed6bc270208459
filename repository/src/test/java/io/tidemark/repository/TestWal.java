package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Segments of 1 MiB that begin as PostgreSQL's do, and what a test's repository is made of. */
final class TestWal {
  static final SystemId SYSTEM = SystemId.parse("7422446688224466882");
  static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
  static final Timeline ONE = new Timeline(1);
  static final Instant CREATED = Instant.parse("2026-11-20T15:02:12.123456Z");

  private TestWal() {}

  static ClusterIdentity identity(boolean encrypted) {
    return new ClusterIdentity(SYSTEM, 15, SIZE, encrypted, CREATED);
  }

  static RepositoryOptions options(Compression.Algorithm algorithm) {
    return options(algorithm, Optional.empty(), "here");
  }

  static RepositoryOptions options(
      Compression.Algorithm algorithm, Optional<Path> keyFile, String host) {
    return new RepositoryOptions(
        new Compression(algorithm, 3), keyFile, new Writer(host, 42, "0.1.0"));
  }

  static WalSegment segment(int timeline, long number) {
    return new WalSegment(new Timeline(timeline), number, SIZE);
  }

  /** The content of a segment: a long page header, then bytes that only the segment decides. */
  static ByteBuffer content(WalSegment segment) {
    return content(segment, 0);
  }

  /** Another content for another {@code variant}; the last quarter is zeros. */
  static ByteBuffer content(WalSegment segment, int variant) {
    byte[] bytes = new byte[segment.size().bytes()];
    byte[] noise = new byte[bytes.length * 3 / 4];
    new Random(segment.number() * 31 + segment.timeline().id() + variant * 1_000_003L)
        .nextBytes(noise);
    for (int i = 0; i < noise.length; i++) {
      bytes[i] = (byte) (noise[i] & 0x0F);
    }
    writeHeader(bytes, segment);
    return ByteBuffer.wrap(bytes);
  }

  private static void writeHeader(byte[] bytes, WalSegment segment) {
    Arrays.fill(bytes, 0, 40, (byte) 0);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, (short) 0xD110)
        .putShort(2, (short) 2)
        .putInt(4, segment.timeline().id())
        .putLong(8, segment.start().value())
        .putLong(24, SYSTEM.value())
        .putInt(32, segment.size().bytes())
        .putInt(36, 8192);
  }

  /** A part of a segment's content. */
  static ByteBuffer part(WalSegment segment, int from, int to) {
    return content(segment).slice(from, to - from);
  }

  /** A summary that differs from segment to segment. */
  static WalSummary summary(long number) {
    Instant first = CREATED.plusSeconds(number * 10);
    return new WalSummary(
        3,
        Optional.of(first),
        Optional.of(first.plusMillis(7500)),
        700 + number * 3,
        702 + number * 3,
        number % 5 == 0
            ? List.of(
                new WalSummary.RestorePoint(
                    "point" + number, new Lsn(number * SIZE.bytes() + 4096), first.plusMillis(5)))
            : List.of());
  }

  static void put(WalArchive archive, WalSegment segment) {
    archive.putSegment(segment, content(segment), summary(segment.number()));
  }
}
