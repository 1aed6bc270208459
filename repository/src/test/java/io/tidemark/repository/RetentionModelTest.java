package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * Lets a cluster live for some weeks, with failovers, restores to earlier moments, split brains and
 * gaps, and looks after every expiry whether a moment was lost that should not have been.
 */
class RetentionModelTest {
  private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
  private static final long SEGMENT = 16 << 20;
  private static final int HOURS = 24 * 30;

  /** A commit: on which timeline its record ends where, and when. */
  private record Moment(Timeline timeline, Lsn lsn, Instant at) {}

  private static final class Line {
    private final TimelineHistory history;
    private final List<WalGap> gaps = new ArrayList<>();
    private Lsn archivedFrom;
    private Lsn end;
    private Instant last;

    Line(TimelineHistory history, Lsn start, Instant now) {
      this.history = history;
      this.archivedFrom = new Lsn(start.value() / SEGMENT * SEGMENT);
      this.end = start;
      this.last = now;
    }

    Timeline timeline() {
      return history.timeline();
    }
  }

  private static final class World {
    private final Random random;
    private final Map<Timeline, Line> lines = new HashMap<>();
    private final List<BackupEntry> backups = new ArrayList<>();
    private final List<Moment> moments = new ArrayList<>();
    private Line current;
    private Instant now = BEGIN;
    private long removed;

    World(long seed) {
      this.random = new Random(seed);
      Timeline first = new Timeline(1);
      this.current = new Line(TimelineHistory.root(first), new Lsn(3 * SEGMENT + 40), now);
      lines.put(first, current);
    }

    private Line line(int id) {
      return Objects.requireNonNull(lines.get(new Timeline(id)));
    }

    void hour() {
      now = now.plus(Duration.ofHours(1));
      write(current);
      if (random.nextInt(60) == 0) {
        lose(current);
      }
      if (random.nextInt(20) == 0) {
        backup();
      }
      if (random.nextInt(120) == 0) {
        fork(current.end);
      }
      if (random.nextInt(150) == 0) {
        restoreToAnEarlierMoment();
      }
      if (random.nextInt(40) == 0) {
        write(line(1 + random.nextInt(lines.size())));
      }
    }

    private void write(Line line) {
      line.end = line.end.plus(8L * (1 + random.nextInt(5_000_000)));
      line.last = now;
      moments.add(new Moment(line.timeline(), line.end, now));
    }

    /** The last part of what was written never reached the archive. */
    private void lose(Line line) {
      Lsn from = new Lsn(line.end.value() / SEGMENT * SEGMENT);
      Lsn to = from.plus(SEGMENT);
      if (from.isAfter(line.archivedFrom)) {
        line.gaps.add(new WalGap(line.timeline(), from, to, now, "model"));
        line.end = to.plus(48);
      }
    }

    private void backup() {
      Lsn start = current.end.plus(-Math.min(lag(), current.end.minus(forkOf(current)) - 8));
      BackupName name = BackupName.full(now.plusSeconds(backups.size()));
      // A standby's backup may end at an earlier position than the primary's.
      Lsn stop = random.nextInt(3) == 0 ? start.plus(8) : current.end;
      backups.add(new BackupEntry.Completed(info(name, start, stop), new BackupTotals(1, 1, 1, 1)));
      write(current);
    }

    private long lag() {
      return random.nextBoolean() ? 0 : 8L * random.nextInt(8_000_000);
    }

    private static Lsn forkOf(Line line) {
      return line.history.switches().isEmpty() ? new Lsn(3 * SEGMENT) : line.history.start();
    }

    private BackupInfo info(BackupName name, Lsn start, Lsn stop) {
      return new BackupInfo(
          name,
          BackupFixture.SYSTEM,
          17,
          1,
          8192,
          WalSegmentSize.DEFAULT,
          current.timeline(),
          start,
          start,
          stop,
          now,
          now,
          false,
          true,
          Optional.empty());
    }

    private void fork(Lsn at) {
      List<Switch> switches = new ArrayList<>();
      for (Switch each : current.history.switches()) {
        if (each.at().isBefore(at)) {
          switches.add(each);
        }
      }
      Timeline from = current.history.timelineAt(at.plus(-1));
      if (switches.isEmpty() || !switches.getLast().from().equals(from)) {
        switches.add(new Switch(from, at, "model"));
      }
      Timeline timeline = new Timeline(lines.size() + 1);
      current = new Line(new TimelineHistory(timeline, switches), at, now);
      lines.put(timeline, current);
      write(current);
    }

    private void restoreToAnEarlierMoment() {
      TimelineHistory history = current.history;
      List<Moment> onTheWay =
          moments.stream()
              .filter(m -> history.timelineAt(m.lsn().plus(-1)).equals(m.timeline()))
              .toList();
      Moment target = onTheWay.get(random.nextInt(onTheWay.size()));
      fork(target.lsn());
    }

    WalInventory inventory() {
      List<TimelineInventory> timelines = new ArrayList<>();
      for (int id = 1; id <= lines.size(); id++) {
        Line line = line(id);
        List<Stretch> pieces =
            line.end.isAfter(line.archivedFrom)
                ? List.of(new Stretch(line.archivedFrom, line.end))
                : List.of();
        Coverage coverage = Coverage.of(line.timeline(), pieces, line.gaps, now);
        timelines.add(
            new TimelineInventory(
                line.timeline(), line.history, coverage.stretches(), coverage.gaps()));
      }
      return new WalInventory(WalSegmentSize.DEFAULT, timelines, List.of());
    }

    RetentionSnapshot snapshot() {
      Map<Timeline, Instant> last = new HashMap<>();
      lines.forEach((timeline, line) -> last.put(timeline, line.last));
      return new RetentionSnapshot(backups, inventory(), last, List.of());
    }

    void apply(ExpiryPlan plan) {
      for (ExpiryPlan.Decision each : plan.removed()) {
        backups.removeIf(backup -> backup.name().equals(each.name()));
        removed++;
      }
      for (ExpiryPlan.WalRemoval each : plan.wal()) {
        Line line = line(each.timeline().id());
        line.archivedFrom = Lsn.max(line.archivedFrom, each.before());
        line.gaps.removeIf(gap -> each.before().isAtLeast(gap.to()));
        removed++;
      }
    }

    List<Moment> restorableSince(Instant begin) {
      WalInventory wal = inventory();
      return moments.stream()
          .filter(moment -> !moment.at().isBefore(begin))
          .filter(moment -> isRestorable(moment, wal))
          .toList();
    }

    private boolean isRestorable(Moment moment, WalInventory wal) {
      for (Line line : lines.values()) {
        if (line.history.timelineAt(moment.lsn().plus(-1)).equals(moment.timeline())) {
          for (BackupEntry entry : backups) {
            if (leads(((BackupEntry.Completed) entry).info(), moment, line.history, wal)) {
              return true;
            }
          }
        }
      }
      return false;
    }

    private static boolean leads(
        BackupInfo backup, Moment moment, TimelineHistory history, WalInventory wal) {
      return !backup.stopTime().isAfter(moment.at())
          && moment.lsn().isAtLeast(backup.stopLsn())
          && history.leadsFrom(backup.timeline(), backup.stopLsn())
          && wal.reachableFrom(history, backup.startLsn()).isAtLeast(moment.lsn());
    }
  }

  private static long live(long seed) {
    World world = new World(seed);
    Duration window = Duration.ofHours(world.random.nextInt(24 * 10));
    RetentionPolicy policy = new RetentionPolicy(window, 1 + world.random.nextInt(3));
    for (int hour = 0; hour < HOURS; hour++) {
      world.hour();
      if (world.random.nextInt(24) == 0) {
        List<Moment> before = world.restorableSince(world.now.minus(window));
        RetentionSnapshot snapshot = world.snapshot();
        ExpiryPlan plan = Retention.plan(snapshot, policy, world.now);
        world.apply(plan);
        assertThat(world.restorableSince(world.now.minus(window)))
            .as("seed %d, hour %d, %s", seed, hour, plan)
            .containsAll(before);
        assertThat(Retention.plan(world.snapshot(), policy, world.now).isEmpty())
            .as("seed %d: what one plan left, a second removes", seed)
            .isTrue();
      }
    }
    return world.removed;
  }

  @RepeatedTest(40)
  void losesNoMomentOfTheWindow() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    assertThat(live(seed)).isPositive();
  }

  @Test
  void removesSomethingInEveryLife() {
    for (long seed = 1; seed <= 10; seed++) {
      assertThat(live(seed)).isGreaterThan(10);
    }
  }
}
