package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ExpiryPlan.Decision;
import io.tidemark.repository.ExpiryPlan.WalRemoval;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Day d of the tests is segment 10 d of WAL, unless said otherwise. */
class RetentionTest {
  private static final Instant DAY_0 = Instant.parse("2026-11-01T00:00:00Z");
  private static final long SEGMENT = 16 << 20;

  private final List<BackupEntry> backups = new ArrayList<>();
  private final List<TimelineInventory> timelines = new ArrayList<>();
  private final Map<Timeline, Instant> lastArchived = new HashMap<>();
  private final List<LeaseInfo> leases = new ArrayList<>();

  private static Instant day(double day) {
    return DAY_0.plusSeconds(Math.round(day * 86_400));
  }

  private static Lsn lsn(double segment) {
    return new Lsn(Math.round(segment * SEGMENT));
  }

  private static BackupName name(double day) {
    return BackupName.full(day(day));
  }

  /** A full backup of an hour that begins on that day. */
  private BackupName full(double day) {
    return full(1, day, day * 10);
  }

  private BackupName full(int timeline, double day, double segment) {
    add(timeline, name(day), day, segment, Optional.empty());
    return name(day);
  }

  private void add(
      int timeline, BackupName name, double day, double segment, Optional<BackupName> parent) {
    BackupInfo info =
        new BackupInfo(
            name,
            BackupFixture.SYSTEM,
            17,
            1,
            8192,
            WalSegmentSize.DEFAULT,
            new Timeline(timeline),
            lsn(segment),
            lsn(segment),
            lsn(segment + 0.4),
            day(day),
            day(day + 1 / 24.0),
            false,
            true,
            parent);
    backups.add(new BackupEntry.Completed(info, new BackupTotals(1, 1, 1, 1)));
  }

  private void wal(int timeline, double lastDay, List<Switch> switches, double... stretches) {
    List<Stretch> list = new ArrayList<>();
    List<WalGap> gaps = new ArrayList<>();
    for (int i = 0; i < stretches.length; i += 2) {
      list.add(new Stretch(lsn(stretches[i]), lsn(stretches[i + 1])));
      if (i > 0) {
        gaps.add(
            new WalGap(
                new Timeline(timeline), lsn(stretches[i - 1]), lsn(stretches[i]), DAY_0, "test"));
      }
    }
    timelines.add(
        new TimelineInventory(
            new Timeline(timeline),
            new TimelineHistory(new Timeline(timeline), switches),
            list,
            gaps));
    lastArchived.put(new Timeline(timeline), day(lastDay));
  }

  private static Switch left(int timeline, double segment) {
    return new Switch(new Timeline(timeline), lsn(segment), "");
  }

  private ExpiryPlan plan(double today, double windowDays, int fulls) {
    Duration window = Duration.ofSeconds(Math.round(windowDays * 86_400));
    WalInventory wal = new WalInventory(WalSegmentSize.DEFAULT, timelines, List.of());
    return Retention.plan(
        new RetentionSnapshot(backups, wal, lastArchived, leases),
        new RetentionPolicy(window, fulls),
        day(today));
  }

  private static List<BackupName> names(List<Decision> decisions) {
    return decisions.stream().map(Decision::name).toList();
  }

  private static WalRemoval removal(int timeline, double before, double segments) {
    return new WalRemoval(new Timeline(timeline), lsn(before), Math.round(segments * SEGMENT));
  }

  private static void assertKeepsAll(ExpiryPlan plan, String reason) {
    assertThat(plan.isEmpty()).isTrue();
    assertThat(plan.refusals()).singleElement().asString().contains(reason);
  }

  @Test
  void keepsTheNewestBackupBeforeTheWindowWithItsWal() {
    for (int day = 1; day <= 10; day++) {
      full(day);
    }
    wal(1, 11, List.of(), 5, 110);
    ExpiryPlan plan = plan(11, 3.5, 1);
    assertThat(names(plan.kept())).containsExactly(name(7), name(8), name(9), name(10));
    assertThat(names(plan.removed()))
        .containsExactly(name(1), name(2), name(3), name(4), name(5), name(6));
    assertThat(plan.wal()).containsExactly(removal(1, 70, 65));
    assertThat(plan.kept().getFirst().reason()).contains("timeline 1 begins after it");
  }

  @Test
  void keepsSoManyFulls() {
    for (int day = 1; day <= 10; day++) {
      full(day);
    }
    wal(1, 11, List.of(), 5, 110);
    assertThat(names(plan(11, 0, 4).kept())).containsExactly(name(7), name(8), name(9), name(10));
    assertThat(plan(11, 0, 4).wal()).containsExactly(removal(1, 70, 65));
    assertThat(names(plan(11, 0, 99).removed())).isEmpty();
  }

  @Test
  void keepsTheSegmentThatABackupBeginsIn() {
    full(1, 1, 10.7);
    wal(1, 2, List.of(), 5, 20);
    assertThat(plan(2, 0, 1).wal()).containsExactly(removal(1, 10, 5));
  }

  @Test
  void countsABackupThatStoppedInTheWindowAsInTheWindow() {
    full(1);
    full(2);
    wal(1, 3, List.of(), 5, 30);
    // The second stopped an hour after day 2: the moments of that hour need the first.
    ExpiryPlan plan = plan(3, 1 - 0.5 / 24, 1);
    assertThat(names(plan.kept())).containsExactly(name(1), name(2));
    assertThat(names(plan(3, 1 - 2 / 24.0, 1).kept())).containsExactly(name(2));
  }

  @Test
  void doesNotCountBackupsWithoutTheirWal() {
    full(1);
    full(2);
    full(3);
    wal(1, 4, List.of(), 5, 20.2, 30.2, 40);
    // Of the second, and of the third, WAL between start and stop is missing.
    ExpiryPlan plan = plan(4, 0, 1);
    assertThat(names(plan.kept())).contains(name(1)).doesNotContain(name(2));
    assertThat(plan.kept()).anySatisfy(each -> assertThat(each.reason()).contains("usable fulls"));
  }

  @Test
  void keepsTheBackupThatReachesTheWindowAcrossNoGap() {
    full(1);
    full(2);
    full(3);
    wal(1, 10, List.of(), 5, 31, 35, 100);
    // All three reach the same point before the gap: the newest does.
    assertThat(names(plan(10, 2, 1).kept())).containsExactly(name(3));
  }

  @Test
  void removesNothingWhereNoBackupIsUsable() {
    full(1);
    full(9);
    wal(1, 10, List.of(), 50, 60);
    assertKeepsAll(plan(10, 0, 1), "no backup is usable");
  }

  @Test
  void keepsWhatALaterTimelineNeedsOfItsAncestors() {
    full(1);
    full(1, 5, 50);
    full(2, 8, 80);
    wal(1, 6, List.of(), 5, 60);
    wal(2, 10, List.of(left(1, 60)), 60, 100);
    // The window of timeline 2 begins on day 7: only the backup of day 5 leads there.
    ExpiryPlan plan = plan(10, 3, 1);
    assertThat(names(plan.kept())).containsExactly(name(5), name(8));
    assertThat(plan.wal()).containsExactly(removal(1, 50, 45));
    // Later the backup of timeline 2 is enough, and then timeline 1 is needed no more.
    lastArchived.put(new Timeline(2), day(19));
    ExpiryPlan later = plan(20, 3, 1);
    assertThat(names(later.kept())).containsExactly(name(8));
    assertThat(later.wal()).containsExactly(removal(1, 80, 55), removal(2, 80, 20));
  }

  @Test
  void keepsTheAnchorOfEachBranchAfterARestoreToAnEarlierMoment() {
    full(1, 1, 10);
    full(1, 4, 40);
    full(2, 6, 35);
    full(2, 7, 45);
    wal(1, 5, List.of(), 5, 50);
    wal(2, 9, List.of(left(1, 25)), 25, 60);
    // The window begins on day 5.5: of timeline 2's moments before day 6, only day 1 leads there.
    ExpiryPlan plan = plan(9, 3.5, 1);
    assertThat(names(plan.kept())).containsExactly(name(1), name(6), name(7));
    assertThat(names(plan.removed())).containsExactly(name(4));
    assertThat(plan.wal()).containsExactly(removal(1, 10, 5));
  }

  @Test
  void keepsTheWholeOfATimelineThatNoBackupLeadsToWhileItIsWritten() {
    full(1, 5, 50);
    wal(1, 8, List.of(), 5, 80);
    wal(2, 9, List.of(left(1, 30)), 30, 60);
    ExpiryPlan plan = plan(9, 2, 1);
    assertThat(plan.wal()).containsExactly(removal(1, 50, 45));
    assertThat(plan.notes()).singleElement().asString().contains("timeline 2 stays");
    lastArchived.put(new Timeline(1), day(30));
    assertThat(plan(30, 2, 1).wal()).containsExactly(removal(1, 50, 45), removal(2, 50, 20));
  }

  @Test
  void refusesWhileTheHistoryOfATimelineInUseIsMissing() {
    full(1);
    full(5);
    wal(1, 8, List.of(), 5, 80);
    wal(2, 9, List.of(), 60, 90);
    assertKeepsAll(plan(9, 1, 1), "history of timeline 2");
    lastArchived.put(new Timeline(2), day(2));
    assertThat(plan(9, 1, 1).wal()).containsExactly(removal(1, 50, 45));
  }

  @Test
  void keepsAParentOfAKeptBackup() {
    full(1);
    BackupName incremental = new BackupName(name(5).text().replace("full", "incr"));
    add(1, incremental, 5, 50, Optional.of(name(1)));
    full(6);
    wal(1, 7, List.of(), 5, 70);
    ExpiryPlan plan = plan(7, 1.5, 1);
    assertThat(names(plan.kept())).containsExactly(name(1), incremental, name(6));
    assertThat(names(plan(7, 0, 1).kept())).containsExactly(name(6));
  }

  @Test
  void removesUnfinishedBackupsAfterADayUnlessOneIsUnderWay() {
    full(9);
    for (double day : new double[] {5, 9.5}) {
      backups.add(
          new BackupEntry.Unfinished(
              name(day), day(day), "host/1/test", new Timeline(1), lsn(day * 10)));
    }
    wal(1, 10, List.of(), 5, 100);
    ExpiryPlan plan = plan(10, 0, 1);
    assertThat(names(plan.unfinished())).containsExactly(name(5));
    assertThat(names(plan.kept())).containsExactly(name(9), name(9.5));
    assertThat(plan.wal()).containsExactly(removal(1, 90, 85));
    leases.add(new LeaseInfo("backup", "host/2/test", day(10.1)));
    ExpiryPlan underWay = plan(10, 0, 1);
    assertThat(underWay.unfinished()).isEmpty();
    assertThat(underWay.wal()).containsExactly(removal(1, 50, 45));
  }

  @Test
  void removesNoWalWhileABackupIsDamaged() {
    full(1);
    full(9);
    backups.add(new BackupEntry.Damaged(name(5), "its header is gone"));
    wal(1, 10, List.of(), 5, 100);
    ExpiryPlan plan = plan(10, 0, 1);
    assertThat(names(plan.kept())).containsExactly(name(5), name(9));
    assertThat(names(plan.removed())).containsExactly(name(1));
    assertThat(plan.wal()).isEmpty();
    assertThat(plan.notes()).singleElement().asString().contains(name(5).text());
  }

  @Test
  void refusesWhenAClockIsWrong() {
    full(1);
    full(9);
    wal(1, 10, List.of(), 5, 100);
    assertKeepsAll(plan(9, 0, 1), "clocks");
    assertThat(plan(10 - 4 / 1440.0, 0, 1).refusals()).isEmpty();
    assertKeepsAll(plan(400, 7, 1), "nothing was backed up or archived since");
    assertThat(names(plan(400, 7, 1).kept())).containsExactly(name(1), name(9));
    assertThat(plan(10.9, 0, 1).refusals()).isEmpty();
  }

  @Test
  void removesNothingOfAnEmptyRepository() {
    assertThat(plan(1, 1, 1).isEmpty()).isTrue();
    wal(1, 1, List.of(), 5, 10);
    ExpiryPlan plan = plan(1, 1, 1);
    assertThat(plan.isEmpty()).isTrue();
    lastArchived.put(new Timeline(1), day(0));
    assertThat(plan(0.99, 0, 1).isEmpty()).isTrue();
  }
}
