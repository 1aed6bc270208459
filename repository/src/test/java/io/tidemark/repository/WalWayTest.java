package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Positions are segments of 1 MiB with two decimals: 3.50 is the middle of the fourth segment. */
class WalWayTest {
  private static final Instant RECORDED = Instant.parse("2026-11-20T15:00:00Z");

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # case                                      | archived                      | history     | from | reach | gap
          one stretch                                 | 1:3-7                         | 1           | 4.20 | 7     |
          reaches into tails                          | 1:3-7.25                      | 1           | 4.20 | 7.25  |
          nothing is archived                         |                               | 1           | 4.20 | 4.20  |
          from after the end                          | 1:3-7                         | 1           | 7.50 | 7.50  |
          from before the beginning                   | 1:5-7                         | 1           | 4.20 | 4.20  | 4.20-5
          a hole                                      | 1:3-5 1:6-9                   | 1           | 3    | 5     | 5-6
          from after the hole                         | 1:3-5 1:6-9                   | 1           | 6.10 | 9     |
          an open segment was given up                | 1:3-5.25 1:6-9                | 1           | 3    | 5.25  | 5.25-6
          a gap on record at the end                  | 1:3-5.25 gap1:5.25-8          | 1           | 3    | 5.25  | 5.25-8
          a gap on record, archived after it          | 1:3-5.25 1:8-9 gap1:5.25-8    | 1           | 3    | 5.25  | 5.25-8
          begins inside a gap on record               | 1:3-5.25 1:8-9 gap1:5.25-8    | 1           | 6    | 6     | 5.25-8
          switch inside a segment, all is there       | 1:3-6 2:5-9                   | 1@5.50 2    | 3    | 9     |
          switch at a segment's start                 | 1:3-5 2:5-9                   | 1@5 2       | 3    | 9     |
          the parent has only tails up to the switch  | 1:3-5.50 2:5-9                | 1@5.50 2    | 3    | 9     |
          the parent has less than to the switch      | 1:3-5.25 2:5-9                | 1@5.50 2    | 3    | 9     |
          the parent has nothing of that segment      | 1:3-5 2:5-9                   | 1@5.50 2    | 3    | 9     |
          the parent ends a segment too early         | 1:3-4 2:5-9                   | 1@5.50 2    | 3    | 4     | 4-5
          the parent goes on after the fork           | 1:3-20 2:5-9                  | 1@5.50 2    | 3    | 9     |
          but not for who stays on it                 | 1:3-20 2:5-9                  | 1           | 3    | 20    |
          the child is not archived yet               | 1:3-20                        | 1@5.50 2    | 3    | 5.50  |
          the child begins a segment too late         | 1:3-20 2:6-9                  | 1@5.50 2    | 3    | 5.50  | 5.50-6
          the child's first segment ends too early    | 1:3-6 2:5-5.25                | 1@5.50 2    | 3    | 5.25  |
          begins on the parent behind the child's end | 1:3-6 2:5-5.25                | 1@5.50 2    | 5.40 | 5.40  |
          begins in the child's first segment         | 1:3-5.50 2:5-9                | 1@5.50 2    | 5.60 | 9     |
          begins on the child                         | 2:5-9                         | 1@5.50 2    | 7    | 9     |
          a hole in the child                         | 1:3-6 2:5-7 2:8-9             | 1@5.50 2    | 3    | 7     | 7-8
          a hole in the parent after the fork         | 1:3-6 1:8-9 2:5-9             | 1@5.50 2    | 3    | 9     |
          a gap of the parent after the fork          | 1:3-6 2:5-9 gap1:6-8          | 1@5.50 2    | 3    | 9     |
          a gap on the child                          | 1:3-6 2:5-7 2:8-9 gap2:7-8    | 1@5.50 2    | 3    | 7     | 7-8
          two children, the first                     | 1:3-9 2:5-7 3:6-12            | 1@5.50 2    | 3    | 7     |
          two children, the second                    | 1:3-9 2:5-7 3:6-12            | 1@6.50 3    | 3    | 12    |
          grandchild                                  | 1:3-6 2:5-8 3:7-12            | 1@5.50 2@7.50 3 | 3 | 12   |
          two switches in one segment                 | 1:3-6 2:5-6 3:5-9             | 1@5.25 2@5.50 3 | 3 | 9    |
          two in one segment, the middle has nothing  | 1:3-6 3:5-9                   | 1@5.25 2@5.50 3 | 3 | 9    |
          two in one segment, the last has nothing    | 1:3-6 2:5-6                   | 1@5.25 2@5.50 3 | 3 | 5.50 |
          two in one segment, only the oldest is      | 1:3-6                         | 1@5.25 2@5.50 3 | 3 | 5.25 |
          """)
  void followsTheWayOfRecovery(
      String name, String archived, String history, String from, String reach, String gap) {
    WalInventory inventory = inventory(archived == null ? "" : archived);
    TimelineHistory way = history(history);

    assertThat(inventory.reachableFrom(way, at(from))).isEqualTo(at(reach));
    Optional<WalGap> first = inventory.firstGap(way, at(from), at("30"));
    assertThat(first.map(g -> text(g.from()) + "-" + text(g.to())).orElse(null)).isEqualTo(gap);
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "6.50", "7"})
  void thereIsNoGapBeforeWhatIsReached(String to) {
    assertThat(inventory("1:3-7 1:8-9").firstGap(history("1"), at("3"), at(to))).isEmpty();
  }

  private static WalInventory inventory(String archived) {
    TreeMap<Timeline, List<Stretch>> stretches = new TreeMap<>();
    TreeMap<Timeline, List<WalGap>> gaps = new TreeMap<>();
    for (String word : archived.strip().split("\\s+", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      String[] parts = word.replace("gap", "").split("[:-]", -1);
      Timeline timeline = new Timeline(Integer.parseInt(parts[0]));
      stretches.computeIfAbsent(timeline, t -> new ArrayList<>());
      gaps.computeIfAbsent(timeline, t -> new ArrayList<>());
      if (word.startsWith("gap")) {
        gaps.get(timeline).add(new WalGap(timeline, at(parts[1]), at(parts[2]), RECORDED, "lost"));
      } else {
        stretches.get(timeline).add(new Stretch(at(parts[1]), at(parts[2])));
      }
    }
    List<TimelineInventory> timelines = new ArrayList<>();
    stretches.forEach(
        (timeline, pieces) -> {
          Coverage coverage =
              Coverage.of(timeline, pieces, gaps.getOrDefault(timeline, List.of()), RECORDED);
          timelines.add(
              new TimelineInventory(
                  timeline, TimelineHistory.root(timeline), coverage.stretches(), coverage.gaps()));
        });
    return new WalInventory(TestWal.SIZE, timelines, List.of());
  }

  private static TimelineHistory history(String text) {
    List<Switch> switches = new ArrayList<>();
    Timeline last = new Timeline(1);
    for (String word : text.split(" ", -1)) {
      String[] parts = word.split("@", -1);
      last = new Timeline(Integer.parseInt(parts[0]));
      if (parts.length > 1) {
        switches.add(new Switch(last, at(parts[1]), "promoted"));
      }
    }
    return new TimelineHistory(last, switches);
  }

  private static Lsn at(String segments) {
    return new Lsn(Math.round(Double.parseDouble(segments) * 100) * TestWal.SIZE.bytes() / 100);
  }

  private static String text(Lsn lsn) {
    long hundredths = Math.round(lsn.value() * 100.0 / TestWal.SIZE.bytes());
    return hundredths % 100 == 0
        ? Long.toString(hundredths / 100)
        : String.format("%d.%02d", hundredths / 100, hundredths % 100);
  }
}
