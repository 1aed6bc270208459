package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.ReplicaDecision.Build.From;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.restore.StandbyFiles;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Acts on replicas of this machine. */
public final class LocalReplicaActions implements ReplicaActions {
  private static final Logger LOG = LoggerFactory.getLogger(LocalReplicaActions.class);

  private final Function<ReplicaSpec, ClusterRepository> repositories;
  private final RestoreProgress progress;

  /**
   * @param repositories of a replica's cluster; whoever gives it closes it
   */
  public LocalReplicaActions(
      Function<ReplicaSpec, ClusterRepository> repositories, RestoreProgress progress) {
    this.repositories = repositories;
    this.progress = progress;
  }

  @Override
  public void build(ReplicaSpec replica, Observation seen, From from) {
    builder(replica).build(from, ReplicaFacts.known(seen));
    settle(replica, seen);
  }

  @Override
  public void continueBuild(ReplicaSpec replica, Observation seen) {
    ReplicaBuilder builder = builder(replica);
    builder.build(builder.source(), ReplicaFacts.known(seen));
    settle(replica, seen);
  }

  @Override
  public void rebuild(ReplicaSpec replica, Observation seen) {
    ReplicaBuilder builder = builder(replica);
    From from = builder.source();
    Ownership ownership = new Ownership(replica);
    if (!ownership.isVacant()) {
      ownership.requireOurs();
      StandbyServer.of(replica).stop();
    }
    builder.build(from, ReplicaFacts.known(seen));
    settle(replica, seen);
  }

  @Override
  public void start(ReplicaSpec replica, Observation seen) {
    prepare(replica);
    StandbyServer.of(replica).start();
  }

  @Override
  public void configure(ReplicaSpec replica, Observation seen, ReplicaDecision.Configure decision) {
    prepare(replica);
    settle(replica, seen);
    StandbyServer server = StandbyServer.of(replica);
    if (!server.isRunning()) {
      return;
    }
    if (decision.restart()) {
      server.restart();
    } else {
      server.reload();
    }
  }

  @Override
  public void createSlot(ReplicaSpec replica, Observation seen) {
    slot(replica).create();
  }

  @Override
  public void recreateSlot(ReplicaSpec replica, Observation seen) {
    slot(replica).recreate();
  }

  @Override
  public void pauseReplay(ReplicaSpec replica, Observation seen) {
    try (PostgresSession session = PostgresSession.open(replica.self())) {
      session.execute("SELECT pg_wal_replay_pause()");
    }
  }

  @Override
  public void rewind(ReplicaSpec replica, Observation seen) {
    new Ownership(replica).requireOurs();
    try {
      new Rewinder(replica, repositories.apply(replica)).run(settings(replica, seen));
    } catch (TidemarkException e) {
      if (!replica.settings().autoRebuild() || !FailedRewind.isHopeless(e.code())) {
        throw e;
      }
      LOG.warn("replica {}: rebuilt, as it cannot be rewound: {}", replica.name(), e.explain());
      rebuild(replica, seen);
      return;
    }
    settle(replica, seen);
  }

  /** What may have changed since the last start: passwords, and where Tidemark's programs are. */
  private static void prepare(ReplicaSpec replica) {
    new Ownership(replica).requireOurs();
    replica.walGet().install(replica.directory());
    Passfile.write(replica);
  }

  /** Writes the settings as they are to be now that the directory is there. */
  private static void settle(ReplicaSpec replica, Observation seen) {
    StandbyFiles.writeSettings(replica.directory(), settings(replica, seen));
  }

  private static Map<String, String> settings(ReplicaSpec replica, Observation seen) {
    Wish wish = replica.home().read().map(ReplicaState::wish).orElseGet(Wish.Running::new);
    return StandbySettings.of(
        replica, ReplicaFacts.of(seen, ControlFileReader.read(replica.directory())), wish);
  }

  private static FeedSlot slot(ReplicaSpec replica) {
    if (replica.feed().isEmpty() || replica.slot().isEmpty()) {
      throw new TidemarkException(
          ErrorCode.INTERNAL,
          "the replica " + replica.name() + " streams from nobody: it has no slot",
          "Report this.");
    }
    return new FeedSlot(replica.feed().get(), replica.slot().get());
  }

  private ReplicaBuilder builder(ReplicaSpec replica) {
    return new ReplicaBuilder(replica, repositories.apply(replica), progress);
  }
}
