package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeftWalTest {
  private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

  @TempDir Path temporary;

  @Test
  void removesFromTheSegmentOnInWhichATimelineWasLeft() throws IOException {
    TimelineHistory history =
        new TimelineHistory(
            new Timeline(3),
            List.of(
                new Switch(new Timeline(1), Lsn.parse("0/500100"), ""),
                new Switch(new Timeline(2), Lsn.parse("0/800000"), "")));
    Path wal = Files.createDirectories(temporary.resolve("pg_wal"));
    for (int timeline : new int[] {1, 2, 3, 4}) {
      for (long number : new long[] {4, 5, 7, 8}) {
        Files.createFile(wal.resolve(new WalSegment(new Timeline(timeline), number, SIZE).name()));
      }
    }
    Files.createFile(wal.resolve("00000002.history"));

    new LeftWal(history, SIZE).removeFrom(temporary);

    assertThat(wal.toFile().list())
        .containsExactlyInAnyOrder(
            name(1, 4),
            name(2, 4),
            name(2, 5),
            name(2, 7),
            name(3, 4),
            name(3, 5),
            name(3, 7),
            name(3, 8),
            "00000002.history");
  }

  private static String name(int timeline, long number) {
    return new WalSegment(new Timeline(timeline), number, SIZE).name();
  }
}
