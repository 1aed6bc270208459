package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.walarchiver.ServerView.SlotView;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StartRulesTest {
  private static final SystemId OURS = new SystemId(7);
  private static final Instant NOW = Instant.EPOCH;
  private static final ClusterIdentity IDENTITY =
      new ClusterIdentity(OURS, 17, WalSegmentSize.DEFAULT, false, NOW);
  private static final Timeline ONE = new Timeline(1);
  private static final Timeline TWO = new Timeline(2);
  private static final Timeline THREE = new Timeline(3);

  /** Timeline 2 left 1 at 0/5000100, timeline 3 left 2 at 0/7000200. */
  private static final TimelineHistory SECOND =
      new TimelineHistory(TWO, List.of(new Switch(ONE, lsn("0/5000100"), "")));

  private static final TimelineHistory THIRD =
      new TimelineHistory(
          THREE,
          List.of(new Switch(ONE, lsn("0/5000100"), ""), new Switch(TWO, lsn("0/7000200"), "")));

  @Test
  void makesTheSlotFirst() {
    assertThat(decide(archive(), server(TimelineHistory.root(ONE), new SlotView.Missing())))
        .isEqualTo(new Start.MakeSlot(false));
    assertThat(decide(archive(), server(TimelineHistory.root(ONE), new SlotView.Lost())))
        .isEqualTo(new Start.MakeSlot(true));
  }

  @Test
  void beginsAnEmptyArchiveWithTheSegmentThatTheSlotHolds() {
    assertThat(decide(archive(), server(TimelineHistory.root(ONE), slot("0/2345678"))))
        .isEqualTo(fresh(ONE, "0/2000000"));
    assertThat(decide(archive(), server(SECOND, slot("0/5000080"))))
        .isEqualTo(fresh(ONE, "0/5000000"));
    assertThat(decide(archive(), server(SECOND, slot("0/5000100"))))
        .isEqualTo(fresh(TWO, "0/5000000"));
  }

  @Test
  void goesOnAtTheStartOfTheOpenSegmentAndKnowsWhatItsTailsHold() {
    assertThat(decide(archive(ONE, "0/3000420"), server(TimelineHistory.root(ONE), slot("0/2F0"))))
        .isEqualTo(stream(ONE, "0/3000000", "0/3000420"));
    assertThat(decide(archive(ONE, "0/4000000"), server(TimelineHistory.root(ONE), slot("0/2F0"))))
        .isEqualTo(stream(ONE, "0/4000000", "0/4000000"));
  }

  @Test
  void finishesAnOldTimelineBeforeTheNewOne() {
    assertThat(decide(archive(ONE, "0/4000420"), server(THIRD, slot("0/6000000"))))
        .isEqualTo(stream(ONE, "0/4000000", "0/4000420"));
    assertThat(decide(archive(ONE, "0/5000100"), server(THIRD, slot("0/6000000"))))
        .isEqualTo(stream(TWO, "0/5000000", "0/5000100"));
  }

  @Test
  void leavesABranchThatTheServerNeverWentAlong() {
    assertThat(decide(archive(ONE, "0/6123456"), server(SECOND, slot("0/6000000"))))
        .isEqualTo(stream(TWO, "0/5000000", "0/5000100"));
    TimelineHistory fromOne =
        new TimelineHistory(THREE, List.of(new Switch(ONE, lsn("0/3000100"), "")));
    ArchiveView both = archive(ONE, "0/5000100").with(TWO, lsn("0/7000000"));
    assertThat(decide(both, server(fromOne, slot("0/3000000"))))
        .isEqualTo(stream(THREE, "0/3000000", "0/3000100"));
  }

  @Test
  void refusesAnotherClusterEvenWhereItLooksAlike() {
    ServerView foreign =
        new ServerView(
            new SystemId(8),
            WalSegmentSize.DEFAULT,
            TimelineHistory.root(ONE),
            lsn("0/9000000"),
            slot("0/2000000"));
    assertRefused(decide(archive(), foreign), ErrorCode.WRONG_CLUSTER, "8", "7");
    ServerView resized =
        new ServerView(
            OURS,
            new WalSegmentSize(1 << 20),
            TimelineHistory.root(ONE),
            lsn("0/9000000"),
            slot("0/2000000"));
    assertRefused(decide(archive(), resized), ErrorCode.WRONG_CLUSTER, "1048576", "16777216");
  }

  @Test
  void refusesAnOldPrimaryThatCameBack() {
    assertRefused(
        decide(archive(TWO, "0/6000000"), server(TimelineHistory.root(ONE), slot("0/2000000"))),
        ErrorCode.SERVER_BEHIND,
        "timeline 1",
        "timeline 2");
  }

  @Test
  void refusesAServerThatWasPutBackOnItsTimeline() {
    assertRefused(
        decide(archive(ONE, "0/9000001"), server(TimelineHistory.root(ONE), slot("0/2000000"))),
        ErrorCode.SERVER_BEHIND,
        "0/9000000",
        "0/9000001");
  }

  @Test
  void refusesBeforeItTouchesTheSlot() {
    assertThat(
            decide(
                archive(TWO, "0/6000000"), server(TimelineHistory.root(ONE), new SlotView.Lost())))
        .isInstanceOf(Start.Refuse.class);
  }

  @Test
  void putsRemovedWalOnRecordAndThenGoesOnBehindIt() {
    ServerView server = server(TimelineHistory.root(ONE), slot("0/6000500"));
    Start.Stream tried = stream(ONE, "0/3000000", "0/3000420");
    List<WalGap> gaps = List.of(gap(ONE, "0/3000420", "0/6000000"));
    assertThat(StartRules.afterRemoval(tried, archive(ONE, "0/3000420"), server, NOW))
        .isEqualTo(new Start.RecordGaps(gaps));
    assertThat(decide(ArchiveView.of(inventory(List.of("0/1000000-0/3000420"), gaps)), server))
        .isEqualTo(stream(ONE, "0/6000000", "0/6000000"));
  }

  @Test
  void recordsAGapOnEveryTimelineOfTheWay() {
    ServerView server = server(THIRD, slot("0/8000500"));
    List<WalGap> gaps =
        List.of(
            gap(ONE, "0/3000420", "0/5000100"),
            gap(TWO, "0/5000100", "0/7000200"),
            gap(THREE, "0/7000200", "0/8000000"));
    assertThat(
            StartRules.afterRemoval(
                stream(ONE, "0/3000000", "0/3000420"), archive(ONE, "0/3000420"), server, NOW))
        .isEqualTo(new Start.RecordGaps(gaps));
    assertThat(decide(archive(ONE, "0/3000420").withGaps(gaps), server))
        .isEqualTo(stream(THREE, "0/8000000", "0/8000000"));
  }

  @Test
  void fillsAHoleThatACrashLeftBeforeTheEndOfTheArchive() {
    ArchiveView view =
        ArchiveView.of(
            inventory(
                List.of("0/1000000-0/3000000", "0/4000000-0/5000000"),
                List.of(gap(ONE, "0/3000000", "0/4000000", WalGap.FOUND))));
    assertThat(decide(view, server(TimelineHistory.root(ONE), slot("0/3000000"))))
        .isEqualTo(stream(ONE, "0/3000000", "0/3000000"));
  }

  @Test
  void putsOnlyTheHoleOnRecordWhereLaterSegmentsAreThere() {
    ArchiveView view =
        ArchiveView.of(inventory(List.of("0/1000000-0/3000000", "0/4000000-0/5000000"), List.of()));
    assertThat(
            StartRules.afterRemoval(
                stream(ONE, "0/3000000", "0/3000000"),
                view,
                server(TimelineHistory.root(ONE), slot("0/8000000")),
                NOW))
        .isEqualTo(new Start.RecordGaps(List.of(gap(ONE, "0/3000000", "0/4000000"))));
  }

  @Test
  void knowsTheArchiveAsFarAsItWasJustWritten() {
    ArchiveView view = archive(ONE, "0/3000000").with(ONE, lsn("0/3500000"));
    assertThat(decide(view, server(TimelineHistory.root(ONE), slot("0/3000000"))))
        .isEqualTo(stream(ONE, "0/3000000", "0/3500000"));
  }

  @Test
  void replacesASlotWhoseWalIsGone() {
    ServerView lost = server(TimelineHistory.root(ONE), new SlotView.Lost());
    Start.Stream tried = stream(ONE, "0/3000000", "0/3000000");
    ArchiveView view = archive(ONE, "0/3000000");
    assertThat(StartRules.afterRemoval(tried, view, lost, NOW)).isEqualTo(new Start.MakeSlot(true));
    ServerView lies = server(TimelineHistory.root(ONE), slot("0/3000400"));
    assertThat(StartRules.afterRemoval(tried, view, lies, NOW)).isEqualTo(new Start.MakeSlot(true));
  }

  private static Start decide(ArchiveView archive, ServerView server) {
    return StartRules.decide(IDENTITY, archive, server);
  }

  private static void assertRefused(Start start, ErrorCode code, String found, String expected) {
    assertThat(start)
        .isInstanceOfSatisfying(
            Start.Refuse.class,
            refuse -> {
              assertThat(refuse.code()).isEqualTo(code);
              assertThat(refuse.found()).contains(found, expected);
              assertThat(refuse.hint()).isNotEmpty();
            });
  }

  private static ArchiveView archive() {
    return new ArchiveView(new TreeMap<>());
  }

  private static ArchiveView archive(Timeline timeline, String frontier) {
    return archive().with(timeline, lsn(frontier));
  }

  private static ServerView server(TimelineHistory history, SlotView slot) {
    return new ServerView(OURS, WalSegmentSize.DEFAULT, history, lsn("0/9000000"), slot);
  }

  private static SlotView slot(String restart) {
    return new SlotView.Holding(lsn(restart));
  }

  private static Start.Stream stream(Timeline timeline, String from, String durable) {
    return new Start.Stream(timeline, lsn(from), lsn(durable), true);
  }

  private static Start.Stream fresh(Timeline timeline, String from) {
    return new Start.Stream(timeline, lsn(from), lsn(from), false);
  }

  private static WalGap gap(Timeline timeline, String from, String to) {
    return gap(timeline, from, to, "the primary removed it before it was archived");
  }

  private static WalGap gap(Timeline timeline, String from, String to, String reason) {
    return new WalGap(timeline, lsn(from), lsn(to), NOW, reason);
  }

  private static WalInventory inventory(List<String> stretches, List<WalGap> gaps) {
    List<Stretch> parsed =
        stretches.stream()
            .map(text -> text.split("-"))
            .map(ends -> new Stretch(lsn(ends[0]), lsn(ends[1])))
            .toList();
    return new WalInventory(
        WalSegmentSize.DEFAULT,
        List.of(new TimelineInventory(ONE, TimelineHistory.root(ONE), parsed, gaps)),
        List.of());
  }

  private static Lsn lsn(String text) {
    return Lsn.parse(text);
  }
}
