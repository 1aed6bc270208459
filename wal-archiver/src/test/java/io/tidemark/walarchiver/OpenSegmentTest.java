package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.WalSummary;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OpenSegmentTest {
  private static final WalSegment SEGMENT =
      new WalSegment(new Timeline(1), 5, new WalSegmentSize(1 << 20));
  private static final Lsn START = SEGMENT.start();

  private final byte[] wal = new byte[1 << 20];

  OpenSegmentTest() {
    new Random(7).nextBytes(wal);
  }

  @Test
  void tailsFollowEachOtherAndTheWholeIsAllOfIt() {
    OpenSegment open = open(Optional.empty());
    append(open, 0, 1000);
    open.add(commit(400, 10));
    OpenSegment.Part first = open.nextTail(START.plus(800));
    append(open, 1000, 5000);
    open.add(commit(900, 12));
    open.add(commit(4000, 11));
    OpenSegment.Part second = open.nextTail(START.plus(5000));
    assertPart(first, 0, 800);
    assertPart(second, 800, 5000);
    assertThat(first.summary().commits()).isEqualTo(1);
    assertThat(second.summary().commits()).isEqualTo(2);
    assertThat(second.summary().minXid()).isEqualTo(11);
    assertThat(second.summary().maxXid()).isEqualTo(12);

    append(open, 6000, wal.length - 6000);
    assertThat(open.isComplete()).isTrue();
    assertPart(open.all(), 0, wal.length);
    assertThat(open.all().summary())
        .extracting(WalSummary::commits, WalSummary::minXid, WalSummary::maxXid)
        .containsExactly(3L, 10L, 12L);
    assertPart(second, 800, 5000);
  }

  @Test
  void nowAndThenATailHoldsAllSoFarSoThatAReaderNeedsFew() {
    OpenSegment open = open(Optional.empty());
    for (int i = 1; i <= OpenSegment.TAILS_BEFORE_WHOLE; i++) {
      append(open, (i - 1) * 100, 100);
      open.add(commit(i * 100 - 50, i));
      OpenSegment.Part tail = open.nextTail(START.plus(i * 100L));
      boolean whole = i == OpenSegment.TAILS_BEFORE_WHOLE;
      assertPart(tail, whole ? 0 : (i - 1) * 100, i * 100);
      assertThat(tail.summary().commits()).isEqualTo(whole ? i : 1);
    }
  }

  @Test
  void goesOnAfterTheTailsThatAreArchived() {
    OpenSegment open = open(Optional.of(ByteBuffer.wrap(wal, 0, 3000)));
    assertThat(open.tailed()).isEqualTo(START.plus(3000));
    append(open, 0, 2500);
    open.add(commit(2000, 5));
    append(open, 2500, 2500);
    open.add(commit(4000, 6));
    OpenSegment.Part tail = open.nextTail(START.plus(5000));
    assertPart(tail, 3000, 5000);
    assertThat(tail.summary().commits()).isEqualTo(1);
  }

  @Test
  void refusesWalThatDiffersFromWhatIsArchived() {
    byte[] archived = Arrays.copyOf(wal, 3000);
    archived[2900] ^= 1;
    OpenSegment open = open(Optional.of(ByteBuffer.wrap(archived)));
    append(open, 0, 2500);
    assertThatThrownBy(() -> append(open, 2500, 600))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(START.plus(2900).toString());
  }

  private void append(OpenSegment open, int from, int length) {
    open.append(ByteBuffer.wrap(wal, from, length).slice());
  }

  private static OpenSegment open(Optional<ByteBuffer> archived) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(1 << 20);
    Lsn tailed = START.plus(archived.map(ByteBuffer::remaining).orElse(0));
    return new OpenSegment(SEGMENT, bytes, archived, tailed);
  }

  private void assertPart(OpenSegment.Part part, int from, int to) {
    assertThat(part.from()).isEqualTo(START.plus(from));
    assertThat(part.to()).isEqualTo(START.plus(to));
    assertThat(part.raw()).isEqualTo(ByteBuffer.wrap(wal, from, to - from));
  }

  private static WalEvent commit(int end, long xid) {
    return new WalEvent.TransactionEnd(
        START.plus(end - 40), START.plus(end), xid, Instant.EPOCH.plusSeconds(end), true, false);
  }
}
