package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.replicamanager.RecoveryView.Pause;
import io.tidemark.restore.StopFinder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An archive of three transactions, of which the replica has replayed the first: 11 ends at 0/110,
 * 22 at 0/220 and 33 at 0/330, at 11, 22 and 33 seconds past noon.
 */
final class AimingTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private static final Lsn REPLAYED = Lsn.parse("1/200");
  private static final Lsn END = Lsn.parse("1/400");

  private final Finder finder = new Finder();

  /** Knows three transactions and the restore points after them. */
  private static final class Finder implements StopFinder {
    private static Found end(int number) {
      Lsn start = Lsn.parse("1/" + number * 10);
      return new Found(start, start.plus(0x20), NOON.plusSeconds(number));
    }

    private static Stream<Found> ends() {
      return Stream.of(end(11), end(22), end(33));
    }

    @Override
    public Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time) {
      return ends()
          .filter(end -> end.start().isAtLeast(from) && end.at().isAfter(time))
          .findFirst();
    }

    @Override
    public Optional<Found> lastEnd(TimelineHistory history, Lsn from) {
      return Optional.of(end(33));
    }

    @Override
    public Optional<Found> endOf(TimelineHistory history, Lsn from, long xid) {
      return ends()
          .filter(end -> end.equals(end((int) xid)) && end.start().isAtLeast(from))
          .findFirst();
    }

    @Override
    public List<Found> restorePoints(TimelineHistory history, Lsn from, String name) {
      return name.equals("mark") ? ends().toList() : List.of();
    }

    @Override
    public Optional<Found> lastEndBefore(TimelineHistory history, Lsn from, Lsn before) {
      return ends()
          .filter(end -> end.start().isAtLeast(from) && !end.end().isAfter(before))
          .reduce((_, later) -> later);
    }

    @Override
    public Optional<Lsn> firstExclusiveLock(
        TimelineHistory history, Lsn from, Lsn before, long xid) {
      return xid == 33 ? Optional.of(Lsn.parse("1/300")) : Optional.empty();
    }

    @Override
    public MadeTablespaces tablespacesMade(TimelineHistory history, Lsn from, Lsn to) {
      throw new UnsupportedOperationException("a standby does not ask");
    }

    @Override
    public Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from) {
      return Optional.of(end(33).start());
    }
  }

  private static Standing standing(Optional<Lsn> received, Optional<Instant> lastCommit) {
    return new Standing(
        true,
        true,
        REPLAYED,
        received,
        lastCommit,
        Pause.NOT_PAUSED,
        new Timeline(1),
        Optional.empty(),
        new Wish.Running());
  }

  private Optional<Aim> aim(AdvanceTarget target) {
    return aim(target, Optional.empty());
  }

  private Optional<Aim> aim(AdvanceTarget target, Optional<Lsn> primaryEnd) {
    return new Aiming(
            "shop",
            standing(Optional.empty(), Optional.of(NOON.plusSeconds(11))),
            Lsn.parse("1/100"),
            NOON,
            Optional.of(new ArchivedWal(TimelineHistory.root(new Timeline(1)), END, finder)),
            primaryEnd)
        .at(target);
  }

  @Test
  void stopsJustBeforeTheEndOfATransaction() {
    Aim aim = aim(new AdvanceTarget.BeforeXid(22)).orElseThrow();

    assertThat(aim.settings())
        .containsEntry("recovery_target_lsn", "1/220")
        .containsEntry("recovery_target_inclusive", "off")
        .containsEntry("recovery_target_action", "pause");
    assertThat(aim.isMetBy(Lsn.parse("1/220"))).isTrue();
    assertThat(aim.isMetBy(Lsn.parse("1/240"))).isFalse();
    assertThat(aim.isMetBy(Lsn.parse("1/1F0"))).isFalse();
  }

  @Test
  void takesTheEndOfATransactionAlong() {
    Aim aim = aim(new AdvanceTarget.AtXid(22)).orElseThrow();

    assertThat(aim.inclusive()).isTrue();
    assertThat(aim.lsn()).isEqualTo(Lsn.parse("1/220"));
    assertThat(aim.isMetBy(Lsn.parse("1/240"))).isTrue();
    assertThat(aim.isMetBy(Lsn.parse("1/220"))).isFalse();
  }

  @Test
  void stopsBeforeTheLockThatATransactionHolds() {
    Aim aim = aim(new AdvanceTarget.BeforeXid(33)).orElseThrow();

    assertThat(aim.lsn()).isEqualTo(Lsn.parse("1/300"));
    assertThat(aim.inclusive()).isFalse();
    assertThat(aim.isMetBy(Lsn.parse("1/330"))).isFalse();
  }

  @Test
  void stopsBehindTheLastTransactionBeforeATime() {
    Aim aim = aim(new AdvanceTarget.AtTime(NOON.plusSeconds(25))).orElseThrow();

    assertThat(aim.lsn()).isEqualTo(Lsn.parse("1/220"));
    assertThat(aim.inclusive()).isTrue();
  }

  @Test
  void staysWhereItIsForATimeUpToWhichItHasEverything() {
    Aim aim = aim(new AdvanceTarget.AtTime(NOON.plusSeconds(15))).orElseThrow();

    assertThat(aim.lsn()).isEqualTo(REPLAYED);
    assertThat(aim.inclusive()).isFalse();
  }

  @Test
  void leavesATimeOpenAfterWhichNothingHasEnded() {
    assertThat(aim(new AdvanceTarget.AtTime(NOON.plusSeconds(40)))).isEmpty();
  }

  @Test
  void takesTheNextRestorePointOfAName() {
    Aim aim = aim(new AdvanceTarget.AtName("mark")).orElseThrow();

    assertThat(aim.lsn()).isEqualTo(Lsn.parse("1/220"));
    assertThat(aim.inclusive()).isTrue();
  }

  @Test
  void takesAPositionThatOnlyThePrimaryHas() {
    AdvanceTarget target = new AdvanceTarget.AtLsn(Lsn.parse("1/480"));

    assertThat(aim(target, Optional.of(Lsn.parse("1/500"))).orElseThrow().lsn())
        .isEqualTo(Lsn.parse("1/480"));
    assertThatThrownBy(() -> aim(target)).hasMessageContaining("after the end of all WAL");
  }

  static List<AdvanceTarget> replayed() {
    return List.of(
        new AdvanceTarget.BeforeXid(11),
        new AdvanceTarget.AtXid(11),
        new AdvanceTarget.AtTime(NOON.plusSeconds(10)),
        new AdvanceTarget.AtLsn(Lsn.parse("1/1FF")));
  }

  @ParameterizedTest
  @MethodSource("replayed")
  void refusesWhatIsReplayedAlreadyAndSaysWhatGoesBack(AdvanceTarget target) {
    assertThatThrownBy(() -> aim(target))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
              assertThat(e).hasMessageContaining("is replayed already");
              assertThat(e.hint()).contains("tidemark restore shop");
            });
  }

  @Test
  void refusesATransactionThatIsNowhere() {
    assertThatThrownBy(() -> aim(new AdvanceTarget.BeforeXid(44)))
        .hasMessageContaining("neither commits nor aborts");
  }

  @Test
  void refusesATimeBeforeTheLastRestartpointWhereTheLastTransactionIsNotKnown() {
    Aiming aiming =
        new Aiming(
            "shop",
            standing(Optional.empty(), Optional.empty()),
            Lsn.parse("1/100"),
            NOON.plusSeconds(15),
            Optional.of(new ArchivedWal(TimelineHistory.root(new Timeline(1)), END, finder)),
            Optional.empty());

    assertThatThrownBy(() -> aiming.at(new AdvanceTarget.AtTime(NOON.plusSeconds(12))))
        .hasMessageContaining("is replayed already");
  }

  @Test
  void refusesToAimAlongATimelineThatLeftBeforeItStands() {
    TimelineHistory other =
        new TimelineHistory(
            new Timeline(2),
            List.of(new TimelineHistory.Switch(new Timeline(1), Lsn.parse("1/180"), "failover")));
    Aiming aiming =
        new Aiming(
            "shop",
            standing(Optional.empty(), Optional.empty()),
            Lsn.parse("1/100"),
            NOON,
            Optional.of(new ArchivedWal(other, END, finder)),
            Optional.empty());

    assertThatThrownBy(() -> aiming.at(new AdvanceTarget.BeforeXid(22)))
        .hasMessageContaining("does not pass where the replica stands");
  }

  @Test
  void isRememberedByWhatIsOnRecord() {
    Aim aim = aim(new AdvanceTarget.BeforeXid(22)).orElseThrow();

    assertThat(Aim.of(aim.target(), aim.wish().settings()).orElseThrow().settings())
        .isEqualTo(aim.settings());
  }
}
