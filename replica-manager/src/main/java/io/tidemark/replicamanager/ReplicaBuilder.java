package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BaseBackupOptions;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.ReplicaDecision.Build.From;
import io.tidemark.replicamanager.ReplicaState.Work;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.ArchiveTargetFinder;
import io.tidemark.restore.FirstWal;
import io.tidemark.restore.Restore;
import io.tidemark.restore.RestoreOptions;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestorePlanner;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.RestoredFiles;
import io.tidemark.restore.ServerCopy;
import io.tidemark.restore.StagedWal;
import io.tidemark.restore.StandbyDirectory;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a replica's data directory, and leaves its server stopped. The slot comes first, so that
 * WAL is kept for the replica from before its files are read. Whatever breaks it off, it can be
 * begun again: what is on disk by then is reused where it came from the repository.
 */
final class ReplicaBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaBuilder.class);

  /** A spread checkpoint takes most of checkpoint_timeout, which may be a day. */
  private static final Duration CHECKPOINT_LIMIT = Duration.ofHours(2);

  private static final Duration FETCHER_LIMIT = Duration.ofSeconds(30);

  private final ReplicaSpec replica;
  private final ClusterRepository repository;
  private final RestoreProgress progress;

  ReplicaBuilder(ReplicaSpec replica, ClusterRepository repository, RestoreProgress progress) {
    this.replica = replica;
    this.repository = repository;
    this.progress = progress;
  }

  /** Where the files would come from now: a backup where there is one. */
  From source() {
    return completed().isEmpty() ? From.PRIMARY : From.REPOSITORY;
  }

  /**
   * Makes the directory.
   *
   * @throws TidemarkException DIRECTORY_REFUSED where something lies there that is not ours, and
   *     what a restore or a base backup throws
   */
  RestoredFiles build(From from, PrimaryFacts facts) {
    Ownership ownership = new Ownership(replica);
    boolean vacant = ownership.isVacant();
    Optional<ReplicaState> before =
        vacant ? replica.home().read() : Optional.of(ownership.requireOurs());
    Optional<RestorePlan> plan = from == From.REPOSITORY ? Optional.of(plan()) : Optional.empty();
    makeSlot(from);
    ReplicaState state = begin(before);
    if (!vacant) {
      StagedWal.remove(replica.directory(), FETCHER_LIMIT);
    }
    RestoreOptions options = options(!vacant);
    StandbyDirectory standby =
        new StandbyDirectory(
            StandbySettings.of(replica, facts, state.wish()),
            ReplicaHome.MARKER,
            state.buildId() + "\n");
    RestoredFiles files =
        plan.isPresent()
            ? new Restore(repository, options, progress)
                .standby(plan.get(), root -> prepareWal(plan.get(), root), standby)
            : copy(options, standby);
    Passfile.write(replica);
    replica.home().write(state.with(Work.NONE));
    LOG.info(
        "replica {}: {} files, {} bytes, of which {} were right already",
        replica.name(),
        files.files(),
        files.bytes(),
        files.reusedBytes());
    return files;
  }

  /** On record before anything is written, so that a crash is known for what it is. */
  private ReplicaState begin(Optional<ReplicaState> before) {
    String buildId =
        before
            .map(ReplicaState::buildId)
            .orElseGet(() -> ReplicaState.newBuildId(new SecureRandom()));
    ReplicaState state =
        new ReplicaState(
            replica.directory(),
            repository.identity().systemId(),
            buildId,
            Work.BUILDING,
            before
                .map(ReplicaState::wish)
                .filter(ReplicaBuilder::isKept)
                .orElseGet(Wish.Running::new),
            Instant.now());
    replica.home().write(state);
    return state;
  }

  /** A target that was held belongs to the directory that is replaced. */
  private static boolean isKept(Wish wish) {
    return switch (wish) {
      case Wish.Running _, Wish.Paused _ -> true;
      case Wish.HeldAt _, Wish.Promoted _, Wish.Dropped _ -> false;
    };
  }

  /**
   * A build from the repository needs no server: where the feed is away, the slot is made when it
   * is back, and the archive has what was written until then.
   */
  private void makeSlot(From from) {
    if (replica.feed().isEmpty() || replica.slot().isEmpty()) {
      return;
    }
    try {
      SystemId feed = new FeedSlot(replica.feed().get(), replica.slot().get()).create();
      requireSameCluster(feed);
    } catch (TidemarkException e) {
      if (from == From.PRIMARY || e.code() != ErrorCode.POSTGRES_UNREACHABLE) {
        throw e;
      }
      LOG.warn(
          "replica {}: built without its slot, as {} is not reached: {}",
          replica.name(),
          replica.feed().get().hosts(),
          e.explain());
    }
  }

  private void requireSameCluster(SystemId feed) {
    SystemId archived = repository.identity().systemId();
    if (!feed.equals(archived)) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          "the server at %s has system identifier %s, the repository is of %s"
              .formatted(replica.feed().orElseThrow().hosts(), feed, archived),
          "Correct the cluster's connection or its repository.");
    }
  }

  private RestoreOptions options(boolean delta) {
    return new RestoreOptions(
        replica.directory(),
        delta,
        replica.settings().tablespaces(),
        replica.cluster().restore().parallel(),
        replica.settings().owner(),
        TargetAction.PROMOTE,
        Archiving.OFF);
  }

  private String prepareWal(RestorePlan plan, Path root) {
    String command = replica.walGet().install(root);
    progress.step("staging the first WAL");
    FirstWal.stage(repository, plan, root, replica.cluster().restore());
    return command;
  }

  private RestorePlan plan() {
    WalInventory inventory = repository.wal().inventory();
    return new RestorePlanner(
            completed(),
            inventory,
            new ArchiveTargetFinder(repository.search(inventory)),
            replica.cluster().archive().acknowledgesStoredOnly())
        .plan(RestoreRequest.LATEST);
  }

  private List<Completed> completed() {
    return repository.backups().list().stream()
        .filter(Completed.class::isInstance)
        .map(Completed.class::cast)
        .toList();
  }

  private RestoredFiles copy(RestoreOptions options, StandbyDirectory standby) {
    if (replica.feed().isEmpty()) {
      throw new TidemarkException(
          ErrorCode.TARGET_UNREACHABLE,
          "there is no completed backup, and %s has no connection to a server"
              .formatted(replica.name()),
          "Take a backup: tidemark backup " + replica.cluster().name());
    }
    try (ReplicationConnection connection = ReplicationConnection.open(replica.feed().get())) {
      return new ServerCopy(connection, asked(replica.settings()), options, progress)
          .run(replica.walGet()::install, standby);
    }
  }

  /** Who spares the server's disks spares them its checkpoint, too. */
  static BaseBackupOptions asked(ReplicaSettings settings) {
    OptionalLong rate = settings.copyRateBytesPerSecond();
    return new BaseBackupOptions(
        "tidemark replica " + settings.name(),
        rate.isEmpty(),
        CHECKPOINT_LIMIT,
        rate.isPresent() ? OptionalInt.of((int) (rate.getAsLong() >> 10)) : OptionalInt.empty(),
        false);
  }
}
