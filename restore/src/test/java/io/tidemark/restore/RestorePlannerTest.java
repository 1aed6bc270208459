package io.tidemark.restore;

import static io.tidemark.restore.PlannedArchive.lsn;
import static io.tidemark.restore.PlannedArchive.time;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each archive is told in {@link PlannedArchive}'s words. */
final class RestorePlannerTest {
  /** Backups 2–3 and 12–13; commits 701 at 5, 702 at 10, 703 at 15, 704 at 20; WAL to 21. */
  private static PlannedArchive plain() {
    return new PlannedArchive()
        .backup(1, 2, 3)
        .backup(1, 12, 13)
        .wal(1, 21)
        .commit(1, 5, 701)
        .commit(1, 10, 702)
        .commit(1, 15, 703)
        .commit(1, 20, 704);
  }

  /** As {@link #plain}, but what is from 16 to 18 is lost. */
  private static PlannedArchive withGap() {
    return new PlannedArchive()
        .backup(1, 2, 3)
        .backup(1, 12, 13)
        .wal(1, 16, 18, 25)
        .commit(1, 5, 701)
        .commit(1, 15, 703)
        .commit(1, 20, 704);
  }

  /** Timeline 2 forked at 10 from 1, which went on to 21; a backup on each. */
  private static PlannedArchive forked() {
    return new PlannedArchive()
        .backup(1, 2, 3)
        .backup(1, 12, 13)
        .backup(2, 15, 16)
        .wal(1, 21)
        .fork(2, 1, 10, 10, 30)
        .commit(1, 5, 701)
        .commit(1, 14, 702)
        .commit(1, 20, 703)
        .commit(2, 13, 702)
        .commit(2, 25, 705)
        .point(1, 18, "before the fork's end");
  }

  private static RestoreRequest to(RestoreTarget target) {
    return new RestoreRequest(target, false, new TimelineChoice.Latest(), Optional.empty());
  }

  private static RestoreRequest before(RestoreTarget target) {
    return new RestoreRequest(target, true, new TimelineChoice.Latest(), Optional.empty());
  }

  private static RestoreRequest on(int timeline, RestoreTarget target) {
    return new RestoreRequest(
        target, false, new TimelineChoice.Given(new Timeline(timeline)), Optional.empty());
  }

  private static RestoreTarget at(double n) {
    return new RestoreTarget.AtLsn(lsn(n));
  }

  private static RestoreTarget atTime(double n) {
    return new RestoreTarget.AtTime(time(n));
  }

  private static BackupName backupEndingAt(double n) {
    return BackupName.full(time(n));
  }

  private static TidemarkException refusal(PlannedArchive archive, RestoreRequest request) {
    TidemarkException thrown =
        catchThrowableOfType(TidemarkException.class, () -> archive.plan(request));
    assertThat(thrown).as("refusal of " + request).isNotNull();
    return thrown;
  }

  // The end of the archive

  @Test
  void replaysToTheEndFromTheNewestBackup() {
    RestorePlan plan = plain().plan(RestoreRequest.LATEST);

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(13));
    assertThat(plan.recoveryTarget()).isEmpty();
    assertThat(plan.lastRecord()).contains(lsn(20));
    assertThat(plan.mustReach()).isEqualTo(lsn(20).plus(24));
    assertThat(plan.frontier()).isEqualTo(lsn(21));
    assertThat(plan.targetTime()).contains(time(20));
  }

  @Test
  void refusesTheEndOfAnArchiveBehindAGapAndSaysWhatIsBeforeIt() {
    TidemarkException refusal = refusal(withGap(), RestoreRequest.LATEST);

    assertThat(refusal.code()).isEqualTo(ErrorCode.WAL_GAP);
    assertThat(refusal)
        .hasMessageContaining("from 0/10000000 to 0/12000000")
        .hasMessageContaining("the slot was lost");
    assertThat(refusal.hint())
        .contains("LSN 0/10000000", "2026-11-20T12:00:15Z", "--lsn 0/10000000");
  }

  @Test
  void replaysUpToWhatAnArchiverLeftUnfinishedAndSaysSo() {
    PlannedArchive archive =
        new PlannedArchive().backup(1, 2, 3).walWithHoles(1, 16, 17, 19).commit(1, 15, 703);

    RestorePlan plan = archive.plan(RestoreRequest.LATEST);

    assertThat(plan.frontier()).isEqualTo(lsn(16));
    assertThat(plan.mustReach()).isEqualTo(lsn(15).plus(24));
    assertThat(plan.recoveryTarget()).containsEntry("recovery_target_lsn", lsn(15).toString());
    assertThat(plan.notes())
        .singleElement()
        .asString()
        .contains("up to 0/10000000: WAL from there to 0/11000000", "up to 0/13000000");
    assertThat(refusal(archive, to(at(18))).code()).isEqualTo(ErrorCode.WAL_GAP);
    assertThat(refusal(archive, to(atTime(18))).code()).isEqualTo(ErrorCode.WAL_GAP);
  }

  @Test
  void aHoleBehindWhichThereIsMuchOrAcknowledgedIsNotUnfinishedWork() {
    PlannedArchive much =
        new PlannedArchive().backup(1, 2, 3).walWithHoles(1, 5, 6, 22).commit(1, 4, 7);
    PlannedArchive inside =
        new PlannedArchive().backup(1, 2, 5).walWithHoles(1, 4, 4.5, 6).commit(1, 3, 7);
    PlannedArchive before =
        new PlannedArchive()
            .backup(1, 2, 3)
            .walWithHoles(1, 5, 6, 9)
            .fork(2, 1, 8, 8, 10)
            .commit(1, 4, 7);

    PlannedArchive spooled =
        new PlannedArchive().backup(1, 2, 3).walWithHoles(1, 16, 17, 19).commit(1, 15, 703);

    for (PlannedArchive archive : List.of(much, inside, before, spooled.withSpool())) {
      assertThat(refusal(archive, RestoreRequest.LATEST).code()).isEqualTo(ErrorCode.WAL_GAP);
    }
  }

  @Test
  void refusesABackupWhoseOwnWalIsNotThere() {
    TidemarkException refusal =
        refusal(new PlannedArchive().backup(1, 2, 3).wal(1, 2.5), RestoreRequest.LATEST);

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal.hint()).contains("nothing can be restored");
  }

  // No way at all

  @Test
  void refusesWithoutABackup() {
    TidemarkException refusal = refusal(new PlannedArchive().wal(1, 5), RestoreRequest.LATEST);

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("no completed backup");
  }

  @Test
  void refusesABackupThatIsNotThere() {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.EndOfArchive(),
            false,
            new TimelineChoice.Latest(),
            Optional.of(backupEndingAt(99)));

    assertThat(refusal(plain(), request)).hasMessageContaining("20261120T120139Z-full");
    assertThat(refusal(plain(), request).hint()).contains("20261120T120003Z-full");
  }

  @ParameterizedTest
  @CsvSource({"end", "immediate", "name"})
  void refusesToStopBeforeWhatPostgresCannotStopBefore(String kind) {
    RestoreTarget target =
        switch (kind) {
          case "end" -> new RestoreTarget.EndOfArchive();
          case "immediate" -> new RestoreTarget.Immediate();
          default -> new RestoreTarget.AtName("p");
        };

    assertThat(refusal(plain(), before(target)).code()).isEqualTo(ErrorCode.USAGE);
  }

  // LSN

  @ParameterizedTest
  @CsvSource({
    "4, 3", // between the backups
    "3, 3", // exactly at the end of the first
    "13, 13", // exactly at the end of the second
    "12.5, 3", // while the second was taken
    "19.5, 13"
  })
  void takesTheNewestBackupThatEndsBeforeAnLsn(double target, double backup) {
    RestorePlan plan = plain().plan(to(at(target)));

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(backup));
    assertThat(plan.recoveryTarget())
        .isEqualTo(
            Map.of(
                "recovery_target_lsn", lsn(target).toString(), "recovery_target_inclusive", "on"));
    assertThat(plan.mustReach()).isEqualTo(lsn(target));
  }

  @Test
  void refusesAnLsnBeforeTheOldestBackupAndSaysWhatIsTheFirst() {
    TidemarkException refusal = refusal(plain(), to(at(2.9)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("0/2E66666").hasMessageContaining("oldest backup");
    assertThat(refusal.hint()).contains("LSN 0/3000000", "time 2026-11-20T12:00:03Z");
  }

  @Test
  void refusesAnLsnAfterTheFrontierAndSaysWhatIsTheLast() {
    TidemarkException refusal = refusal(plain(), to(at(22)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("ends at 0/15000000, before 0/16000000");
    assertThat(refusal.hint()).contains("LSN 0/15000000", "2026-11-20T12:00:20Z");
  }

  @ParameterizedTest
  @CsvSource({"20.5", "21"})
  void replaysUpToTheLastRecordWhereNoneBeginsAtTheLsnOrLater(double target) {
    RestorePlan plan = plain().plan(to(at(target)));

    assertThat(plan.recoveryTarget())
        .isEqualTo(Map.of("recovery_target_lsn", "0/14000000", "recovery_target_inclusive", "on"));
    assertThat(plan.mustReach()).isEqualTo(lsn(20).plus(24));
    assertThat(plan.notes()).singleElement().asString().contains("no archived record begins");
  }

  @Test
  void stopsBeforeAnLsnWhereAsked() {
    Lsn firstOnPage = lsn(15).plus(24);
    RestorePlan plan = plain().plan(before(new RestoreTarget.AtLsn(firstOnPage)));

    assertThat(plan.recoveryTarget()).containsEntry("recovery_target_inclusive", "off");
    assertThat(plan.mustReach())
        .as("the record before ends in front of the page's header")
        .isEqualTo(lsn(15));
  }

  @ParameterizedTest
  @CsvSource({"17", "19"})
  void refusesAnLsnInAGapOrBehindIt(double target) {
    assertThat(refusal(withGap(), to(at(target))).code()).isEqualTo(ErrorCode.WAL_GAP);
  }

  @Test
  void reachesAnLsnInFrontOfAGap() {
    RestorePlan plan = withGap().plan(to(at(14)));

    assertThat(plan.frontier()).isEqualTo(lsn(16));
    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(13));
  }

  @Test
  void reachesTheVeryEdgeOfAGapByATargetOfItsOwn() {
    RestorePlan plan = withGap().plan(to(at(16)));

    assertThat(plan.recoveryTarget()).containsEntry("recovery_target_lsn", lsn(15).toString());
  }

  // Time

  @ParameterizedTest
  @CsvSource({
    "3, 3, 5", // exactly when the first backup ended
    "7, 3, 10",
    "10, 3, 15", // a commit exactly at the target is replayed
    "13, 13, 15",
    "19.999, 13, 20"
  })
  void stopsBeforeTheFirstTransactionAfterATime(double target, double backup, double stopsAt) {
    RestorePlan plan = plain().plan(to(atTime(target)));

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(backup));
    assertThat(plan.mustReach()).isEqualTo(lsn(stopsAt));
    assertThat(plan.recoveryTarget()).containsEntry("recovery_target_inclusive", "on");
  }

  @Test
  void stopsBeforeATransactionOfExactlyTheTimeWhereAsked() {
    RestorePlan plan = plain().plan(before(atTime(10)));

    assertThat(plan.mustReach()).isEqualTo(lsn(10));
    assertThat(plan.recoveryTarget()).containsEntry("recovery_target_inclusive", "off");
  }

  @Test
  void writesTheTimeAsAStartingServerReadsIt() {
    Instant target = Instant.parse("2026-11-20T12:00:07.123456789Z");

    assertThat(plain().plan(to(new RestoreTarget.AtTime(target))).recoveryTarget())
        .containsEntry("recovery_target_time", "2026-11-20 12:00:07.123456+00");
  }

  @Test
  void refusesATimeBeforeTheEndOfTheOldestBackup() {
    TidemarkException refusal = refusal(plain(), to(atTime(2.5)));

    assertThat(refusal).hasMessageContaining("time 2026-11-20T12:00:02.500Z");
    assertThat(refusal.hint()).contains("LSN 0/3000000", "time 2026-11-20T12:00:03Z");
  }

  @ParameterizedTest
  @CsvSource({"20", "21"})
  void refusesATimeAfterWhichNoTransactionEnded(double target) {
    TidemarkException refusal = refusal(plain(), to(atTime(target)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("no transaction ended after");
    assertThat(refusal.hint())
        .contains("LSN 0/15000000", "ask for a time before 2026-11-20T12:00:20Z");
  }

  @Test
  void refusesATimeBehindAGap() {
    assertThat(refusal(withGap(), to(atTime(19))).code()).isEqualTo(ErrorCode.WAL_GAP);
  }

  @Test
  void takesAnOlderBackupWhereASetBackClockWouldEndRecoveryTooEarly() {
    PlannedArchive archive = plain().commit(1, 12.5, 900, time(14.5));

    RestorePlan plan = archive.plan(to(atTime(14)));

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(3));
    assertThat(plan.mustReach()).isEqualTo(lsn(12.5));
  }

  @Test
  void refusesWhereASetBackClockMakesATimeMeaningless() {
    PlannedArchive archive = plain().commit(1, 2.5, 900, time(99));

    assertThat(refusal(archive, to(atTime(4)))).hasMessageContaining("clock was set back");
  }

  // Transactions

  @ParameterizedTest
  @CsvSource({"701, 5, 3", "702, 10, 3", "703, 15, 13", "704, 20, 13"})
  void replaysATransaction(long xid, double at, double backup) {
    RestorePlan plan = plain().plan(to(new RestoreTarget.AtXid(xid)));

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(backup));
    assertThat(plan.mustReach()).isEqualTo(lsn(at).plus(0x100));
    assertThat(plan.targetTime()).contains(time(at));
    assertThat(plan.recoveryTarget())
        .isEqualTo(Map.of("recovery_target_xid", "" + xid, "recovery_target_inclusive", "on"));
  }

  @Test
  void stopsBeforeATransactionWhereAsked() {
    assertThat(plain().plan(before(new RestoreTarget.AtXid(703))).mustReach()).isEqualTo(lsn(15));
  }

  @Test
  void refusesATransactionThatIsNotThere() {
    TidemarkException refusal = refusal(plain(), to(new RestoreTarget.AtXid(999)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.TARGET_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("transaction 999 neither commits nor aborts");
    assertThat(refusal.hint()).contains("LSN 0/15000000");
  }

  @Test
  void refusesATransactionThatEndedBeforeTheOldestBackupDid() {
    PlannedArchive archive = plain().commit(1, 2.5, 700);

    TidemarkException refusal = refusal(archive, to(new RestoreTarget.AtXid(700)));

    assertThat(refusal).hasMessageContaining("transaction 700").hasMessageContaining("oldest");
  }

  @Test
  void findsATransactionOnEachSideOfAGap() {
    PlannedArchive archive = withGap().backup(1, 18.5, 19);

    assertThat(archive.plan(to(new RestoreTarget.AtXid(701))).backup().name())
        .isEqualTo(backupEndingAt(3));
    assertThat(archive.plan(to(new RestoreTarget.AtXid(704))).backup().name())
        .isEqualTo(backupEndingAt(19));
  }

  // Restore points

  @Test
  void replaysToARestorePoint() {
    RestorePlan plan = plain().point(1, 17, "before release").plan(to(name("before release")));

    assertThat(plan.recoveryTarget()).isEqualTo(Map.of("recovery_target_name", "before release"));
    assertThat(plan.mustReach()).isEqualTo(lsn(17).plus(0x100));
    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(13));
  }

  @Test
  void takesTheNewestOfSeveralRestorePointsByItsPosition() {
    RestorePlan plan =
        plain().point(1, 14, "p").point(1, 16, "p").point(1, 18, "p").plan(to(name("p")));

    assertThat(plan.recoveryTarget())
        .isEqualTo(
            Map.of("recovery_target_lsn", lsn(18).toString(), "recovery_target_inclusive", "on"));
    assertThat(plan.notes()).singleElement().asString().contains("3 restore points");
  }

  @Test
  void asksByPositionAlsoWhereTheFirstOfTheNameWasMadeDuringTheBackup() {
    RestorePlan plan = plain().point(1, 12.5, "p").point(1, 18, "p").plan(to(name("p")));

    assertThat(plan.recoveryTarget()).containsKey("recovery_target_lsn");
  }

  @Test
  void asksByNameWhereOnlyOneIsReplayed() {
    RestorePlan plan = plain().point(1, 4, "p").point(1, 18, "p").plan(to(name("p")));

    assertThat(plan.recoveryTarget()).containsKey("recovery_target_name");
    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(13));
  }

  @Test
  void refusesARestorePointThatIsNotThere() {
    assertThat(refusal(plain(), to(name("none"))))
        .hasMessageContaining("there is no restore point 'none'");
  }

  private static RestoreTarget name(String name) {
    return new RestoreTarget.AtName(name);
  }

  // The end of the backup

  @Test
  void stopsAsSoonAsTheBackupIsConsistent() {
    RestorePlan plan = plain().plan(to(new RestoreTarget.Immediate()));

    assertThat(plan.recoveryTarget()).isEqualTo(Map.of("recovery_target", "immediate"));
    assertThat(plan.mustReach()).isEqualTo(lsn(13));
  }

  @Test
  void stopsAtTheEndOfTheChosenBackup() {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.Immediate(),
            false,
            new TimelineChoice.Latest(),
            Optional.of(backupEndingAt(3)));

    assertThat(plain().plan(request).mustReach()).isEqualTo(lsn(3));
  }

  @Test
  void refusesATargetBeforeTheChosenBackup() {
    RestoreRequest request =
        new RestoreRequest(
            at(5), false, new TimelineChoice.Latest(), Optional.of(backupEndingAt(13)));

    assertThat(refusal(plain(), request)).hasMessageContaining("20261120T120013Z-full");
  }

  // Timelines

  @Test
  void followsTheNewestTimelineFromABackupOnIt() {
    RestorePlan plan = forked().plan(RestoreRequest.LATEST);

    assertThat(plan.history().timeline()).isEqualTo(new Timeline(2));
    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(16));
    assertThat(plan.frontier()).isEqualTo(lsn(30));
  }

  @Test
  void crossesTheForkFromABackupBeforeIt() {
    RestorePlan plan = forked().plan(to(at(14)));

    assertThat(plan.backup().name())
        .as("the backup 12–13 is on timeline 1 after the fork")
        .isEqualTo(backupEndingAt(3));
    assertThat(plan.history().timeline()).isEqualTo(new Timeline(2));
  }

  @Test
  void staysOnAnOlderTimelineWhereAsked() {
    RestorePlan plan = forked().plan(on(1, at(14)));

    assertThat(plan.backup().name()).isEqualTo(backupEndingAt(13));
    assertThat(plan.history().timeline()).isEqualTo(new Timeline(1));
    assertThat(plan.frontier()).isEqualTo(lsn(21));
  }

  @Test
  void staysOnTheTimelineOfTheChosenBackupWhereAsked() {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.EndOfArchive(),
            false,
            new TimelineChoice.OfBackup(),
            Optional.of(backupEndingAt(13)));

    RestorePlan plan = forked().plan(request);

    assertThat(plan.history().timeline()).isEqualTo(new Timeline(1));
    assertThat(plan.frontier()).isEqualTo(lsn(21));
  }

  @Test
  void refusesATimelineThatTheChosenBackupDoesNotLeadTo() {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.EndOfArchive(),
            false,
            new TimelineChoice.Latest(),
            Optional.of(backupEndingAt(13)));

    TidemarkException refusal = refusal(forked(), request);

    assertThat(refusal)
        .hasMessageContaining("no backup leads to timeline 2")
        .hasMessageContaining("begins at 0/A000000");
    assertThat(refusal.hint()).contains("--timeline current");
  }

  @Test
  void refusesATimelineThatTheArchiveDoesNotKnow() {
    TidemarkException refusal = refusal(forked(), on(7, at(14)));

    assertThat(refusal).hasMessageContaining("no WAL of timeline 7");
    assertThat(refusal.hint()).contains("[1, 2]");
  }

  @Test
  void saysOnWhichTimelineATransactionEnded() {
    TidemarkException refusal = refusal(forked(), to(new RestoreTarget.AtXid(703)));

    assertThat(refusal).hasMessageContaining("on the way to timeline 2");
    assertThat(refusal.hint()).contains("--timeline 1", "2026-11-20T12:00:20Z");
  }

  @Test
  void takesTheTransactionOfTheChosenTimelineWhereBothHaveTheId() {
    assertThat(forked().plan(on(1, new RestoreTarget.AtXid(702))).mustReach())
        .isEqualTo(lsn(14).plus(0x100));
    assertThat(forked().plan(on(2, new RestoreTarget.AtXid(702))).mustReach())
        .isEqualTo(lsn(13).plus(0x100));
  }

  @Test
  void saysOnWhichTimelineARestorePointIs() {
    assertThat(refusal(forked(), to(name("before the fork's end"))).hint())
        .contains("--timeline 1");
  }

  @Test
  void prefersTheBackupThatEndedLastNotTheOneWithTheYoungestName() {
    // One that was interrupted and resumed keeps the name of its first attempt.
    PlannedArchive archive = new PlannedArchive().backup(1, 12, 13).backup(1, 2, 3).wal(1, 21);

    assertThat(archive.plan(to(new RestoreTarget.Immediate())).mustReach()).isEqualTo(lsn(13));
  }

  @Test
  void warnsOfTablespacesThatReplayMakesAndOfNoOthers() {
    PlannedArchive archive =
        new PlannedArchive()
            .backup(1, 2, 3)
            .wal(1, 21)
            .commit(1, 20, 700)
            .tablespace(1.5, "/before")
            .tablespace(10, "/in")
            .tablespace(15, "/after");

    RestorePlan all = archive.plan(RestoreRequest.LATEST);
    assertThat(all.tablespacesMade())
        .extracting(TargetFinder.MadeTablespace::location)
        .containsExactly("/in", "/after");
    assertThat(all.notes()).anyMatch(note -> note.contains("OID 16500 at /in (LSN 0/A000000)"));

    RestoreTarget upTo = new RestoreTarget.AtLsn(lsn(10));
    assertThat(archive.plan(to(upTo)).tablespacesMade()).hasSize(1);
    assertThat(archive.plan(before(upTo)).tablespacesMade()).isEmpty();
    assertThat(archive.plan(to(new RestoreTarget.AtLsn(lsn(9)))).notes()).isEmpty();
  }

  @Test
  void saysThatNobodyLookedForTablespacesInOlderWal() {
    assertThat(ReplayedTablespaces.notes(new TargetFinder.MadeTablespaces(List.of(), false)))
        .singleElement()
        .asString()
        .contains("not known");
  }
}
