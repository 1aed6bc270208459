package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
  private static final WalSegment FIRST = new WalSegment(new Timeline(1), 7, SIZE);

  @TempDir Path directory;

  private final List<ArchiverEvent> events = new CopyOnWriteArrayList<>();
  private final byte[] wal = new byte[1 << 20];

  SpoolTest() {
    new Random(7).nextBytes(wal);
  }

  @Test
  void aStreamThatBeginsAnewNeverCutsWhatWasSaved() throws IOException {
    Spool spool = spool(16 << 20);
    assertThat(spool.save(open(FIRST, 5000))).isTrue();
    spool.close();
    assertThat(spool.saved(FIRST)).contains(ByteBuffer.wrap(wal, 0, 5000));

    OpenSegment again = open(FIRST, 1000);
    assertThat(spool.save(again)).isTrue();
    assertThat(Files.size(spool.file(FIRST))).isEqualTo(5000);
    assertThat(spool.saved(FIRST)).contains(ByteBuffer.wrap(wal, 0, 5000));
    again.append(ByteBuffer.wrap(wal, 1000, 9000).slice());
    assertThat(spool.save(again)).isTrue();
    assertThat(spool.saved(FIRST)).contains(ByteBuffer.wrap(wal, 0, 10_000));
    spool.close();
  }

  @Test
  void takesNoMoreSegmentsThanItsLimitAndGoesOnWhenThereIsRoom() {
    try (Spool spool = spool(2 << 20)) {
      WalSegment second = FIRST.next();
      WalSegment third = second.next();
      assertThat(spool.save(open(FIRST, wal.length))).isTrue();
      assertThat(spool.save(open(second, wal.length))).isTrue();
      assertThat(spool.save(open(third, 10))).isFalse();
      assertThat(spool.isFailing()).isTrue();
      assertThat(spool.segments()).containsExactly(FIRST, second);
      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              ArchiverEvent.SpoolFailed.class,
              e -> assertThat(e.reason().code()).isEqualTo(ErrorCode.NO_SPACE));

      spool.remove(FIRST);
      assertThat(spool.holds(FIRST)).isFalse();
      await().until(() -> spool.save(open(third, 10)));
      assertThat(events).last().isInstanceOf(ArchiverEvent.SpoolRecovered.class);
    }
  }

  @Test
  void countsWhatAnEarlierProcessLeft() {
    try (Spool before = spool(2 << 20)) {
      assertThat(before.save(open(FIRST, 10))).isTrue();
      assertThat(before.save(open(FIRST.next(), 10))).isTrue();
    }
    try (Spool spool = spool(2 << 20)) {
      assertThat(spool.save(open(FIRST.next().next(), 10))).isFalse();
      assertThat(spool.saved(FIRST.next())).isEmpty();
      assertThat(spool.holds(FIRST)).isTrue();
    }
  }

  private Spool spool(long limit) {
    return new Spool(directory.resolve("spool"), limit, SIZE, events::add);
  }

  private OpenSegment open(WalSegment segment, int bytes) {
    OpenSegment open = OpenSegment.begin(segment, ByteBuffer.allocateDirect(wal.length));
    open.append(ByteBuffer.wrap(wal, 0, bytes));
    return open;
  }
}
