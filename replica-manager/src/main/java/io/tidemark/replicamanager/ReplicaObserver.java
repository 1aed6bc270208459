package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresServer.Status;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.DirectoryView.Ours;
import io.tidemark.replicamanager.SettingsObserver.Loaded;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one look at everything that a decision about a replica needs, and changes nothing. Keeps
 * one session on the replica's own server. One thread uses it at a time.
 */
public final class ReplicaObserver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaObserver.class);

  /** Its server is on this machine: it answers at once, or is in trouble. */
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private static final Duration STATEMENT = Duration.ofSeconds(10);

  private final ReplicaSpec replica;
  private final ReplicaSources sources;
  private final ArchiveObserver archive;
  private @Nullable PostgresSession session;
  private int sessionPort;
  private @Nullable SystemId systemId;
  private String settledFor = "";

  /** What its server said, or why it said nothing. */
  private record Answer(Optional<RecoveryView> recovery, Loaded settings, String silence) {}

  /**
   * @param sources shared with the other replicas
   * @param archive of its cluster, shared with that cluster's other replicas
   */
  public ReplicaObserver(ReplicaSpec replica, ReplicaSources sources, ArchiveObserver archive) {
    this.replica = replica;
    this.sources = sources;
    this.archive = archive;
  }

  /**
   * Looks once. What cannot be known is unknown in the answer.
   *
   * @throws TidemarkException LOCAL_IO where the replica's own state cannot be read
   */
  public Observation observe() {
    Optional<ReplicaState> state = replica.home().read();
    DirectoryView directory = DirectoryObserver.look(replica.directory(), state);
    Optional<Status> server = statusOf(directory);
    Answer answer = answer(directory, server);
    PrimaryView primary = sources.look(replica.primary());
    if (isSuspect(directory, answer, primary)) {
      directory = settled(directory, answer, state);
    }
    PrimaryView feed = sources.look(replica.feed());
    ArchiveView archived = archive.look();
    return new Observation(
        Instant.now(),
        state,
        directory,
        server,
        answer.recovery(),
        answer.silence(),
        primary,
        feed,
        slot(feed),
        archived,
        settings(directory, answer, primary, state));
  }

  /** The next look asks the servers and the repository again. */
  public void forget() {
    sources.forget(replica);
    archive.forget();
  }

  private Optional<Status> statusOf(DirectoryView directory) {
    return switch (directory) {
      case DirectoryView.Absent _, DirectoryView.Empty _, DirectoryView.Gone _ ->
          Optional.of(Status.STOPPED);
      case DirectoryView.Unknown _ -> Optional.empty();
      case DirectoryView.Foreign _, DirectoryView.Unfinished _, Ours _ -> readStatus();
    };
  }

  private Optional<Status> readStatus() {
    try {
      return Optional.of(PostgresServer.statusOf(replica.directory()));
    } catch (TidemarkException e) {
      return Optional.empty();
    }
  }

  /** A server of another directory on the same port must not answer for ours. */
  private Answer answer(DirectoryView directory, Optional<Status> server) {
    boolean ours = directory instanceof Ours;
    boolean runs = server.filter(status -> status != Status.STOPPED).isPresent();
    if (ours && !runs) {
      return silent("its server does not run");
    }
    if (!ours && replica.settings().manage()) {
      return silent("it is not built");
    }
    if (server.filter(Status.STANDBY::equals).isPresent()) {
      return silent("hot_standby is off");
    }
    try {
      PostgresSession open = connected(ours ? portInUse() : replica.settings().port());
      return new Answer(
          Optional.of(RecoveryObserver.ask(open, identified(open))), Loaded.ask(open), "");
    } catch (TidemarkException e) {
      disconnect();
      return silent(e.getMessage());
    }
  }

  private static Answer silent(String why) {
    return new Answer(Optional.empty(), Loaded.NOT_RUNNING, why);
  }

  private int portInUse() {
    try {
      OptionalInt port =
          PostmasterPid.read(replica.directory())
              .map(PostmasterPid::port)
              .orElseGet(OptionalInt::empty);
      return port.orElse(replica.settings().port());
    } catch (IOException | IllegalArgumentException e) {
      return replica.settings().port();
    }
  }

  /**
   * The server says that it has replayed beyond where the primary left its timeline, and pg_control
   * does not say so yet.
   */
  private boolean isSuspect(DirectoryView directory, Answer answer, PrimaryView primary) {
    if (!(directory instanceof Ours ours) || !(primary instanceof PrimaryView.Known known)) {
      return false;
    }
    return answer
        .recovery()
        .filter(RecoveryView::inRecovery)
        .filter(recovery -> !recovery.isStreaming())
        .flatMap(RecoveryView::replayed)
        .filter(replayed -> replayed.isAfter(ours.position()))
        .filter(replayed -> !known.history().leadsFrom(ours.timeline(), replayed))
        .filter(replayed -> !settledFor.equals(known.history().timeline() + " " + replayed))
        .map(
            replayed -> {
              settledFor = known.history().timeline() + " " + replayed;
              return true;
            })
        .orElse(false);
  }

  /**
   * A restartpoint, also one that is skipped, writes how far was replayed and on which timeline
   * (CreateRestartPoint in xlog.c). Where the role may not ask for one, it stays unknown.
   */
  private DirectoryView settled(DirectoryView before, Answer answer, Optional<ReplicaState> state) {
    PostgresSession open = session;
    if (open == null || answer.recovery().isEmpty()) {
      return before;
    }
    try {
      open.checkpoint();
      return DirectoryObserver.look(replica.directory(), state);
    } catch (TidemarkException e) {
      LOG.debug("{}: no restartpoint could be asked for", replica.name(), e);
      return before;
    }
  }

  private SlotSight slot(PrimaryView feed) {
    if (replica.slot().isEmpty()) {
      return new SlotSight.NotUsed();
    }
    return switch (feed) {
      case PrimaryView.NotUsed() -> new SlotSight.NotUsed();
      case PrimaryView.Unknown(String why) -> new SlotSight.Unknown(why);
      case PrimaryView.Known known -> slot(known);
    };
  }

  private SlotSight slot(PrimaryView.Known feed) {
    List<ReplicationSlotRow> rows =
        feed.slots().stream()
            .filter(row -> replica.slot().stream().anyMatch(row.name()::equals))
            .toList();
    return rows.isEmpty()
        ? new SlotSight.Missing()
        : new SlotSight.Seen(
            rows.getFirst(),
            SlotHealth.judge(rows.getFirst(), feed.keepLimit(), feed.bytesPerSecond()));
  }

  private SettingsView settings(
      DirectoryView directory, Answer answer, PrimaryView primary, Optional<ReplicaState> state) {
    if (!(directory instanceof Ours ours)) {
      return new SettingsView.Unknown("it is not built");
    }
    PrimaryFacts replayed = PrimaryFacts.of(ours.control());
    boolean known = primary instanceof PrimaryView.Known;
    PrimaryFacts facts =
        primary instanceof PrimaryView.Known said ? said.facts().atLeast(replayed) : replayed;
    Wish wish = state.map(ReplicaState::wish).orElseGet(Wish.Running::new);
    return new SettingsObserver(
            replica.directory(), StandbySettings.of(replica, facts, wish), known)
        .compare(answer.settings());
  }

  private PostgresSession connected(int port) {
    PostgresSession open = session;
    if (open == null || open.isClosed() || port != sessionPort) {
      disconnect();
      PostgresEndpoint self =
          replica
              .self()
              .withHosts(
                  List.of(new HostPort(replica.settings().host(), port)),
                  PostgresEndpoint.Target.ANY)
              .withTimeouts(CONNECT, STATEMENT);
      open = PostgresSession.open(self);
      session = open;
      sessionPort = port;
    }
    return open;
  }

  private SystemId identified(PostgresSession open) {
    SystemId known = systemId;
    if (known == null) {
      known = open.systemIdentifier();
      systemId = known;
    }
    return known;
  }

  private void disconnect() {
    Optional.ofNullable(session).ifPresent(PostgresSession::close);
    session = null;
    systemId = null;
  }

  @Override
  public void close() {
    disconnect();
  }
}
