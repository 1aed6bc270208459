package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.PostgresServer.Status;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.StandbyRow;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalLevel;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Observations for tests of decisions: a healthy replica, and one thing after another changed. */
final class Seen {
  static final SystemId SYSTEM = new SystemId(7);
  static final Instant AT = Instant.parse("2026-11-20T18:00:00Z");
  static final WalSegmentSize SEGMENTS = new WalSegmentSize(16 << 20);
  static final Lsn HERE = Lsn.parse("0/5000100");
  private static final Path DIRECTORY = Path.of("/srv/reports");

  private Optional<ReplicaState> state =
      Optional.of(
          new ReplicaState(DIRECTORY, SYSTEM, "b", ReplicaState.Work.NONE, new Wish.Running(), AT));
  private DirectoryView directory = ours(control(1, HERE));
  private Optional<Status> server = Optional.of(Status.READY);
  private Optional<RecoveryView> recovery = Optional.of(recovery(true, "streaming"));
  private String silence = "";
  private PrimaryView primary = primary(TimelineHistory.root(new Timeline(1)), "sync");
  private PrimaryView feed = primary;
  private SlotSight slot = slot("0/4000000", new SlotHealth.Unbounded());
  private ArchiveView archive = archive(true, "0/1000000", "0/5000000");
  private Optional<FailedRewind> failedRewind = Optional.empty();
  private SettingsView settings = new SettingsView.Known(List.of(), false);

  /** Its last rewind, by which the state was written, failed while the primary was on that. */
  Seen failedToRewind(int timeline, Instant writtenAt) {
    failedRewind =
        Optional.of(
            new FailedRewind(
                new Timeline(timeline),
                Optional.of(writtenAt),
                new TidemarkException(
                    ErrorCode.POSTGRES_REFUSED,
                    "pg_rewind failed: must be superuser",
                    "GRANT it")));
    return this;
  }

  static Seen healthy() {
    return new Seen();
  }

  Observation now() {
    return new Observation(
            AT, state, directory, server, recovery, silence, primary, feed, slot, archive, settings)
        .with(failedRewind);
  }

  Seen notBuilt() {
    state = Optional.empty();
    directory = new DirectoryView.Absent();
    return stopped();
  }

  Seen wish(Wish wish) {
    state = state.map(known -> known.with(wish));
    return this;
  }

  Seen directory(DirectoryView view) {
    directory = view;
    return this;
  }

  Seen stopped() {
    return server(Status.STOPPED).silent("its server does not run");
  }

  Seen server(Status status) {
    server = Optional.of(status);
    return this;
  }

  Seen silent(String why) {
    recovery = Optional.empty();
    silence = why;
    return this;
  }

  Seen says(RecoveryView view) {
    recovery = Optional.of(view);
    silence = "";
    return this;
  }

  Seen primary(PrimaryView view) {
    primary = view;
    feed = view;
    slot = view instanceof PrimaryView.Known ? slot : new SlotSight.Unknown("gone");
    return this;
  }

  Seen slot(SlotSight sight) {
    slot = sight;
    return this;
  }

  Seen archive(ArchiveView view) {
    archive = view;
    return this;
  }

  Seen settings(SettingsView view) {
    settings = view;
    return this;
  }

  Seen archiveOnly() {
    slot = new SlotSight.NotUsed();
    primary = new PrimaryView.NotUsed();
    feed = primary;
    recovery = Optional.of(recovery(true, ""));
    return this;
  }

  /** It is at 0/5000100 of timeline 1, and the primary forked to timeline 2 before that. */
  Seen diverged() {
    return says(recovery(true, "")).forkedAt("0/5000000");
  }

  static DirectoryView ours(ControlFile control) {
    return new DirectoryView.Ours(control, true, false);
  }

  static RecoveryView recovery(boolean inRecovery, String receiver) {
    return recovery(inRecovery, receiver, RecoveryView.Pause.NOT_PAUSED);
  }

  static RecoveryView recovery(boolean inRecovery, String receiver, RecoveryView.Pause pause) {
    return new RecoveryView(
        SYSTEM,
        inRecovery,
        Optional.empty(),
        Optional.of(HERE),
        Optional.empty(),
        pause,
        receiver.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new RecoveryView.Receiver(
                    Optional.of(receiver),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty())),
        Map.of());
  }

  /** Replayed to {@link #HERE}, received more, and waits for its delay. */
  static RecoveryView holdingBack(String received) {
    return new RecoveryView(
        SYSTEM,
        true,
        Optional.of(Lsn.parse(received)),
        Optional.of(HERE),
        Optional.empty(),
        RecoveryView.Pause.NOT_PAUSED,
        Optional.empty(),
        Map.of(),
        OptionalLong.empty(),
        true);
  }

  /** The primary forked from timeline 1 to 2 at a position. */
  Seen forkedAt(String lsn) {
    return primary(
        primary(
            new TimelineHistory(
                new Timeline(2),
                List.of(new TimelineHistory.Switch(new Timeline(1), Lsn.parse(lsn), ""))),
            "async"));
  }

  static PrimaryView.Known primary(TimelineHistory history, String syncState) {
    return new PrimaryView.Known(
        AT,
        "10.0.0.1:5432",
        false,
        SYSTEM,
        history,
        Lsn.parse("0/6000000"),
        OptionalDouble.empty(),
        new PrimaryFacts(17, 100, 8, 10, 0, 64),
        KeepLimit.NONE,
        "",
        List.of(),
        List.of(standby(syncState)));
  }

  private static StandbyRow standby(String syncState) {
    return new StandbyRow(
        1,
        Optional.empty(),
        "tidemark_reports",
        Optional.empty(),
        Optional.empty(),
        Optional.of("streaming"),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(syncState),
        Optional.empty());
  }

  static SlotSight slot(String restart, SlotHealth health) {
    return new SlotSight.Seen(
        new ReplicationSlotRow(
            new SlotName("tidemark_replica_reports"),
            "physical",
            Optional.empty(),
            Optional.empty(),
            false,
            true,
            Optional.empty(),
            Optional.of(Lsn.parse(restart)),
            Optional.empty(),
            Optional.of("reserved"),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            false),
        health);
  }

  static ArchiveView archive(boolean backup, String from, String to, WalGap... gaps) {
    return new ArchiveView.Known(
        AT,
        SYSTEM,
        backup,
        new WalInventory(
            SEGMENTS,
            List.of(
                new TimelineInventory(
                    new Timeline(1),
                    TimelineHistory.root(new Timeline(1)),
                    List.of(new Stretch(Lsn.parse(from), Lsn.parse(to))),
                    List.of(gaps))),
            List.of()));
  }

  static ControlFile control(int timeline, Lsn at) {
    return control(timeline, at, true, ClusterState.IN_ARCHIVE_RECOVERY);
  }

  static ControlFile control(int timeline, Lsn at, boolean checksums, ClusterState state) {
    return new ControlFile(
        SYSTEM,
        PostgresMajor.of(17),
        state,
        AT,
        at,
        at,
        new Timeline(timeline),
        new Timeline(timeline),
        true,
        1000,
        AT,
        at,
        Optional.of(new Timeline(timeline)),
        Lsn.ZERO,
        Lsn.ZERO,
        false,
        WalLevel.REPLICA,
        false,
        100,
        8,
        10,
        0,
        64,
        false,
        8192,
        131_072,
        8192,
        SEGMENTS,
        checksums ? 1 : 0);
  }
}
