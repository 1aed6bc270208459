package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ReplicaKind;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresServer.Status;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.replicamanager.RecoveryView.Pause;
import io.tidemark.replicamanager.ReplicaDecision.Build;
import io.tidemark.replicamanager.ReplicaDecision.Configure;
import io.tidemark.replicamanager.ReplicaDecision.Refuse;
import io.tidemark.replicamanager.SettingsView.Change;
import io.tidemark.repository.WalGap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every state, what is decided in it, and a word of the reason. */
class ReplicaPlannerTest {
  private static final PrimaryView GONE = new PrimaryView.Unknown("connection refused");
  private static final ArchiveView NO_STORE = new ArchiveView.Unknown("timed out");
  private static final WalGap GAP =
      new WalGap(
          new Timeline(1), Lsn.parse("0/6000000"), Lsn.parse("0/7000000"), Seen.AT, "slot lost");

  private static final ReplicaPolicy READ = policy(ReplicaKind.READ, true, false);
  private static final ReplicaPolicy REBUILDING = policy(ReplicaKind.READ, true, true);
  private static final ReplicaPolicy OBSERVED = policy(ReplicaKind.READ, false, false);
  private static final ReplicaPolicy SYNC = policy(ReplicaKind.SYNC, true, false);
  private static final ReplicaPolicy ARCHIVE = policy(ReplicaKind.ARCHIVE_ONLY, true, false);

  private static final ReplicaPolicy DELAYED = policy(ReplicaKind.DELAYED, true, false);

  private static ReplicaPolicy policy(ReplicaKind kind, boolean manage, boolean autoRebuild) {
    return new ReplicaPolicy("reports", kind, "tidemark_reports", manage, autoRebuild);
  }

  private static Arguments row(Seen seen, ReplicaPolicy policy, String word, String why) {
    return Arguments.of(word + ": " + why, seen.now(), policy, word, why);
  }

  static List<Arguments> notBuilt() {
    return List.of(
        row(Seen.healthy().notBuilt(), READ, "build", "there is a backup"),
        row(
            Seen.healthy().notBuilt().directory(new DirectoryView.Empty()),
            READ,
            "build",
            "the directory is empty, and there is a backup"),
        row(Seen.healthy().notBuilt().primary(GONE), READ, "build", "there is a backup"),
        row(
            Seen.healthy().notBuilt().archive(Seen.archive(false, "0/1000000", "0/5000000")),
            READ,
            "build",
            "no backup yet"),
        row(
            Seen.healthy()
                .notBuilt()
                .primary(GONE)
                .archive(Seen.archive(false, "0/1000000", "0/5000000")),
            READ,
            "wait",
            "the primary is not reached: connection refused"),
        row(Seen.healthy().notBuilt().archive(NO_STORE), READ, "wait", "is not known: timed out"),
        row(
            Seen.healthy()
                .notBuilt()
                .archiveOnly()
                .silent("")
                .archive(Seen.archive(false, "0/1000000", "0/5000000")),
            ARCHIVE,
            "wait",
            "no backup yet to build it from"),
        row(
            Seen.healthy().stopped().directory(new DirectoryView.Foreign("not empty")),
            REBUILDING,
            "refuse",
            "not Tidemark's: not empty"),
        row(
            Seen.healthy().stopped().directory(new DirectoryView.Gone("it is empty")),
            READ,
            "refuse",
            "it is empty; it would have to be rebuilt, and auto-rebuild is false"),
        row(
            Seen.healthy().stopped().directory(new DirectoryView.Gone("it is empty")),
            REBUILDING,
            "build",
            "it is empty, and there is a backup"),
        row(
            Seen.healthy().directory(new DirectoryView.Unknown("EACCES")).silent(""),
            REBUILDING,
            "wait",
            "cannot be looked at: EACCES"),
        row(
            Seen.healthy().stopped().directory(new DirectoryView.Unfinished("half")),
            READ,
            "continue-build",
            "half"),
        row(
            Seen.healthy().directory(new DirectoryView.Unfinished("half")).silent(""),
            READ,
            "refuse",
            "a server runs in the unfinished directory"));
  }

  static List<Arguments> built() {
    return List.of(
        row(Seen.healthy(), READ, "nothing", "it streams"),
        row(Seen.healthy().stopped(), READ, "start", "does not run"),
        row(Seen.healthy().server(Status.STARTING).silent("starting"), READ, "wait", "starts"),
        row(Seen.healthy().server(Status.STOPPING).silent("stopping"), READ, "wait", "stops"),
        row(Seen.healthy().silent("no pg_hba.conf entry"), READ, "wait", "no pg_hba.conf entry"),
        row(Seen.healthy().slot(new SlotSight.Missing()), READ, "create-slot", "not there"),
        row(
            Seen.healthy().stopped().slot(new SlotSight.Missing()),
            READ,
            "create-slot",
            "not there"),
        row(
            Seen.healthy().slot(Seen.slot("0/4000000", new SlotHealth.Lost("wal_removed"))),
            READ,
            "recreate-slot",
            "wal_removed"),
        row(Seen.healthy().primary(GONE), READ, "nothing", "it streams"),
        row(
            Seen.healthy().primary(GONE).says(Seen.recovery(true, "")),
            READ,
            "wait",
            "its upstream is not reached: connection refused"),
        row(
            Seen.healthy().says(Seen.recovery(true, "")),
            READ,
            "wait",
            "its upstream keeps the WAL for it"),
        row(Seen.healthy().archiveOnly(), ARCHIVE, "nothing", "fed from the archive"),
        row(
            Seen.healthy().archiveOnly().archive(NO_STORE),
            ARCHIVE,
            "wait",
            "the repository is not reached: timed out"),
        row(
            Seen.healthy().primary(Seen.primary(root(), "async")),
            SYNC,
            "refuse",
            "no commit waits for it"),
        row(Seen.healthy().primary(Seen.primary(root(), "quorum")), SYNC, "nothing", "it streams"),
        row(
            Seen.healthy().directory(Seen.ours(Seen.control(1, Seen.HERE))).primary(other()),
            REBUILDING,
            "refuse",
            "system identifier 7, the primary of 8"));
  }

  static List<Arguments> behind() {
    Seen waits = Seen.healthy().says(Seen.recovery(true, ""));
    return List.of(
        row(
            lagging("0/7000000").archive(Seen.archive(true, "0/1000000", "0/8000000")),
            READ,
            "catch-up-from-archive",
            "needs WAL from 0/5000100 on, and its slot keeps it from 0/7000000 on"),
        row(
            lagging("0/7000000").archive(Seen.archive(true, "0/1000000", "0/6000000")),
            READ,
            "wait",
            "the archive has come to 0/6000000"),
        row(
            lagging("0/7000000").archive(NO_STORE),
            READ,
            "wait",
            "keeps no more, and the repository is not reached"),
        row(
            lagging("0/8000000").archive(Seen.archive(true, "0/1000000", "0/6000000", GAP)),
            READ,
            "refuse",
            "a gap from 0/6000000 to 0/7000000; it would have to be rebuilt"),
        row(
            lagging("0/8000000").archive(Seen.archive(true, "0/1000000", "0/6000000", GAP)),
            REBUILDING,
            "rebuild",
            "a gap from 0/6000000"),
        row(
            lagging("0/8000000").archive(Seen.archive(true, "0/7000000", "0/9000000")),
            REBUILDING,
            "rebuild",
            "nowhere any more"),
        row(waits.slot(new SlotSight.Unknown("")), READ, "wait", "does not stream"),
        row(
            Seen.healthy().says(Seen.holdingBack("0/6000000")),
            READ,
            "nothing",
            "holds back what it has received"),
        row(
            waits.archive(Seen.archive(true, "0/1000000", "0/9000000")),
            DELAYED,
            "catch-up-from-archive",
            "waits out its delay with WAL from the archive"),
        row(waits.archive(new ArchiveView.Unknown("away")), DELAYED, "wait", "does not stream"),
        row(
            waits.slot(new SlotSight.NotUsed()).archive(new ArchiveView.Unknown("away")),
            DELAYED,
            "wait",
            "the repository is not reached: away"),
        row(
            waits
                .slot(new SlotSight.NotUsed())
                .archive(Seen.archive(true, "0/1000000", "0/9000000")),
            DELAYED,
            "catch-up-from-archive",
            "waits out its delay with WAL from the archive"),
        row(
            waits
                .slot(new SlotSight.NotUsed())
                .archive(Seen.archive(true, "0/1000000", "0/2000000")),
            DELAYED,
            "wait",
            "its log says what is in the way"));
  }

  static List<Arguments> diverged() {
    DirectoryView bare =
        Seen.ours(Seen.control(1, Seen.HERE, false, ClusterState.IN_ARCHIVE_RECOVERY));
    return List.of(
        row(Seen.healthy().diverged(), READ, "rewind", "timeline 2 left that before"),
        row(Seen.healthy().diverged().stopped(), READ, "rewind", "0/5000100 of timeline 1"),
        row(Seen.healthy().diverged().directory(bare), READ, "refuse", "wal_log_hints"),
        row(Seen.healthy().diverged().directory(bare), REBUILDING, "rebuild", "wal_log_hints"),
        // It streams, so it has found its way; pg_control is late.
        row(
            Seen.healthy().diverged().says(Seen.recovery(true, "streaming")),
            READ,
            "nothing",
            "it streams"),
        // Held back by its delay: what it would replay next is not the primary's any more.
        row(
            Seen.healthy().forkedAt("0/5500000").says(Seen.holdingBack("0/6000000")),
            READ,
            "configure",
            "received WAL up to 0/6000000"),
        row(
            Seen.healthy().forkedAt("0/6000000").says(Seen.holdingBack("0/6000000")),
            READ,
            "nothing",
            "holds back"),
        row(rejoining(ClusterState.SHUT_DOWN).stopped(), READ, "rewind", "to follow the primary"),
        row(
            rejoining(ClusterState.SHUT_DOWN).stopped().primary(GONE),
            READ,
            "wait",
            "the primary is not reached"),
        row(
            rejoining(ClusterState.IN_PRODUCTION).says(Seen.recovery(false, "")),
            REBUILDING,
            "refuse",
            "still runs as a primary"));
  }

  static List<Arguments> rewoundInVain() {
    return List.of(
        row(
            Seen.healthy().diverged().failedToRewind(2, Seen.AT),
            READ,
            "refuse",
            "left that before; pg_rewind failed: must be superuser"),
        row(
            rejoining(ClusterState.SHUT_DOWN).stopped().failedToRewind(1, Seen.AT),
            READ,
            "refuse",
            "to follow the primary again; pg_rewind failed"),
        row(
            Seen.healthy().diverged().failedToRewind(2, Seen.AT),
            REBUILDING,
            "rebuild",
            "pg_rewind failed"),
        // Somebody was promoted since; a command wrote the state since; the primary is away.
        row(Seen.healthy().diverged().failedToRewind(1, Seen.AT), READ, "rewind", "timeline 2"),
        row(
            Seen.healthy().diverged().failedToRewind(2, Seen.AT.minusSeconds(1)),
            READ,
            "rewind",
            "timeline 2"),
        row(
            rejoining(ClusterState.SHUT_DOWN).stopped().failedToRewind(1, Seen.AT).primary(GONE),
            READ,
            "wait",
            "the primary is not reached"),
        row(Seen.healthy().failedToRewind(1, Seen.AT), READ, "nothing", "it streams"));
  }

  /** Neither auto-rebuild nor a divergence lets the daemon touch what somebody promoted. */
  static List<Arguments> promoted() {
    DirectoryView unsigned =
        new DirectoryView.Ours(
            Seen.control(2, Seen.HERE, true, ClusterState.SHUT_DOWN), false, false);
    return List.of(
        row(
            Seen.healthy().says(Seen.recovery(false, "")),
            REBUILDING,
            "refuse",
            "somebody has promoted it"),
        row(
            Seen.healthy().diverged().says(Seen.recovery(false, "")),
            REBUILDING,
            "refuse",
            "somebody has promoted it"),
        row(
            Seen.healthy().stopped().directory(unsigned),
            REBUILDING,
            "refuse",
            "no standby.signal (shut down)"),
        row(
            Seen.healthy().diverged().stopped().directory(unsigned),
            REBUILDING,
            "refuse",
            "no standby.signal"));
  }

  static List<Arguments> commanded() {
    Wish held = new Wish.HeldAt("xid 5", Map.of("recovery_target_xid", "5"));
    Wish paused = new Wish.Paused();
    return List.of(
        row(Seen.healthy().wish(new Wish.Dropped()).stopped(), READ, "nothing", "dropped"),
        row(
            Seen.healthy().wish(new Wish.Promoted()).says(Seen.recovery(false, "")),
            REBUILDING,
            "nothing",
            "promoted by command"),
        row(
            Seen.healthy().wish(paused).says(Seen.recovery(true, "streaming", Pause.PAUSED)),
            READ,
            "nothing",
            "paused by command"),
        row(
            Seen.healthy().wish(paused).says(Seen.recovery(true, "streaming", Pause.REQUESTED)),
            READ,
            "nothing",
            "paused by command"),
        row(Seen.healthy().wish(paused), READ, "pause-replay", "and replays"),
        row(Seen.healthy().wish(paused).stopped(), READ, "start", "paused by command"),
        row(Seen.healthy().wish(held), READ, "nothing", "held at xid 5"),
        row(Seen.healthy().wish(held).stopped(), READ, "start", "held at xid 5"),
        // Repairs would move it; settings may differ while it stands.
        row(Seen.healthy().wish(held).diverged(), REBUILDING, "nothing", "held at xid 5"),
        row(Seen.healthy().wish(held).settings(changed(true)), READ, "nothing", "held at xid 5"),
        row(
            Seen.healthy().wish(held).slot(new SlotSight.Missing()),
            READ,
            "create-slot",
            "not there"),
        row(
            Seen.healthy().wish(held).says(Seen.recovery(false, "")),
            REBUILDING,
            "refuse",
            "somebody has promoted it"),
        row(
            Seen.healthy().wish(held).directory(new DirectoryView.Gone("gone")),
            REBUILDING,
            "refuse",
            "its directory is not as it was"));
  }

  static List<Arguments> observedOnly() {
    return List.of(
        row(Seen.healthy(), OBSERVED, "nothing", "manage: false"),
        row(
            Seen.healthy().directory(new DirectoryView.Foreign("other")),
            OBSERVED,
            "nothing",
            "it streams"),
        row(Seen.healthy().stopped(), OBSERVED, "wait", "does not answer"),
        row(Seen.healthy().says(Seen.recovery(true, "")), OBSERVED, "wait", "receives nothing"),
        row(Seen.healthy().says(Seen.recovery(false, "")), OBSERVED, "refuse", "a primary"),
        row(Seen.healthy().slot(new SlotSight.Missing()), OBSERVED, "nothing", "it streams"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "notBuilt",
    "built",
    "behind",
    "diverged",
    "rewoundInVain",
    "promoted",
    "commanded",
    "observedOnly"
  })
  void decides(String name, Observation seen, ReplicaPolicy policy, String word, String why) {
    ReplicaDecision decision = ReplicaPlanner.decide(seen, policy);

    assertThat(decision.word()).as(decision.toString()).isEqualTo(word);
    assertThat(decision.why()).contains(why);
  }

  @Test
  void buildsFromTheRepositoryWhereItCan() {
    assertThat(ReplicaPlanner.decide(Seen.healthy().notBuilt().now(), READ))
        .isInstanceOfSatisfying(
            Build.class, build -> assertThat(build.from()).isEqualTo(Build.From.REPOSITORY));
    assertThat(
            ReplicaPlanner.decide(
                Seen.healthy()
                    .notBuilt()
                    .archive(Seen.archive(false, "0/1000000", "0/5000000"))
                    .now(),
                READ))
        .isInstanceOfSatisfying(
            Build.class, build -> assertThat(build.from()).isEqualTo(Build.From.PRIMARY));
  }

  @Test
  void restartsOnlyARunningServerAndOnlyWhereItMust() {
    assertThat(configures(Seen.healthy().settings(changed(true))).restart()).isTrue();
    assertThat(configures(Seen.healthy().settings(changed(false))).restart()).isFalse();
    assertThat(configures(Seen.healthy().stopped().settings(changed(true))).restart()).isFalse();
    assertThat(configures(Seen.healthy().settings(new SettingsView.Known(List.of(), true))).why())
        .isEqualTo("its settings are written and not loaded");
  }

  @Test
  void everyRefusalSaysWhatToDo() {
    List<List<Arguments>> all =
        List.of(notBuilt(), built(), behind(), diverged(), promoted(), commanded(), observedOnly());
    List<Refuse> refusals =
        all.stream()
            .flatMap(List::stream)
            .map(
                row ->
                    ReplicaPlanner.decide((Observation) row.get()[1], (ReplicaPolicy) row.get()[2]))
            .filter(Refuse.class::isInstance)
            .map(Refuse.class::cast)
            .toList();

    assertThat(refusals)
        .hasSizeGreaterThan(10)
        .allSatisfy(refusal -> assertThat(refusal.advice()).hasSizeGreaterThan(20));
  }

  private static Configure configures(Seen seen) {
    ReplicaDecision decision = ReplicaPlanner.decide(seen.now(), READ);
    assertThat(decision).isInstanceOf(Configure.class);
    return (Configure) decision;
  }

  private static SettingsView changed(boolean restart) {
    return new SettingsView.Known(
        List.of(new Change("port", Optional.of("1"), Optional.of("2"), restart)), false);
  }

  private static Seen lagging(String slotKeepsFrom) {
    return Seen.healthy()
        .says(Seen.recovery(true, ""))
        .slot(Seen.slot(slotKeepsFrom, new SlotHealth.Unbounded()));
  }

  private static Seen rejoining(ClusterState state) {
    return Seen.healthy()
        .directory(new DirectoryView.Ours(Seen.control(1, Seen.HERE, true, state), false, true));
  }

  private static TimelineHistory root() {
    return TimelineHistory.root(new Timeline(1));
  }

  private static PrimaryView other() {
    PrimaryView.Known known = Seen.primary(root(), "async");
    return new PrimaryView.Known(
        known.at(),
        known.server(),
        known.inRecovery(),
        new SystemId(8),
        known.history(),
        known.current(),
        known.bytesPerSecond(),
        known.facts(),
        known.keepLimit(),
        known.synchronousNames(),
        known.slots(),
        known.standbys());
  }
}
