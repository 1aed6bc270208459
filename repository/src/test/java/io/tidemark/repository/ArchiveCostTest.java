package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.Content;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What an archive of 10,240 segments of 16 MiB costs in requests. */
class ArchiveCostTest {
  private static final int LOGS = 40;
  private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private final Part part =
      Part.of(
          store,
          new Keys("main"),
          new ClusterIdentity(TestWal.SYSTEM, 15, SIZE, false, TestWal.CREATED),
          TestWal.options(Compression.Algorithm.NONE),
          Optional.empty());
  private final WalArchive archive = new WalArchive(part);

  @Test
  void takesStockOfManySegmentsInFewRequests() {
    for (long number = 0; number < LOGS * 256L + 100; number++) {
      putHeaderOnly(number);
    }
    int before = store.calls().size();
    archive.sealLogs();
    assertThat(store.calls().size() - before)
        .as("one small read per segment, and few for each log")
        .isLessThan(LOGS * 256 + 6 * LOGS);

    assertThat(requests(this::inventory)).isLessThan(10);
    assertThat(requests(() -> archive.sealLogs())).isLessThan(10);
    assertThat(requests(this::summaries)).isLessThan(LOGS + 110);
    assertThat(requests(() -> archive.storedBytes(TestWal.ONE))).isLessThan(LOGS + 10);
    assertThat(requests(() -> archive.summaries(segment(7), segment(7)))).isEqualTo(1);
  }

  private void inventory() {
    WalInventory.TimelineInventory one = archive.inventory().of(TestWal.ONE).orElseThrow();
    assertThat(one.stretches())
        .containsExactly(new WalInventory.Stretch(Lsn.ZERO, segment(LOGS * 256L + 100).start()));
    assertThat(one.gaps()).isEmpty();
  }

  private void summaries() {
    List<SegmentSummary> all = archive.summaries(segment(0), segment(LOGS * 256L + 99));
    assertThat(all).hasSize(LOGS * 256 + 100);
    assertThat(all.get(4711).summary()).isEqualTo(TestWal.summary(4711));
  }

  private int requests(Runnable work) {
    int before = store.calls().size();
    long began = System.nanoTime();
    work.run();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    return store.calls().size() - before;
  }

  /** A segment without its content: what is measured here reads headers only. */
  private void putHeaderOnly(long number) {
    ObjectNode about = SummaryJson.toJson(TestWal.summary(number));
    SealedHeader header =
        part.sealed()
            .newHeader(
                Kind.SEGMENT,
                OptionalLong.of(SIZE.bytes()),
                OptionalInt.of(0),
                Optional.empty(),
                about);
    store.putIfAbsent(
        part.keys().segment(segment(number)), Content.of(ByteBuffer.wrap(header.encode())));
  }

  private static WalSegment segment(long number) {
    return new WalSegment(TestWal.ONE, number, SIZE);
  }
}
