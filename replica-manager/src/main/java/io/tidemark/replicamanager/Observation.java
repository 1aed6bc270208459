package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresServer;
import java.time.Instant;
import java.util.Optional;

/**
 * Everything that is known of one replica at one moment. Each part may be unknown, and then says
 * so: nothing is guessed.
 *
 * @param at by this machine's clock
 * @param state what is on record; empty before the first build
 * @param server empty where the directory cannot be looked at
 * @param recovery what its server says; empty where it does not answer, for {@code silence}
 * @param silence why its server says nothing; empty where it does
 * @param primary what the primary says
 * @param feed what the server says that it streams from: the primary, or another replica
 * @param failedRewind the last rewind, where it failed for good; not looked at but remembered
 */
public record Observation(
    Instant at,
    Optional<ReplicaState> state,
    DirectoryView directory,
    Optional<PostgresServer.Status> server,
    Optional<RecoveryView> recovery,
    String silence,
    PrimaryView primary,
    PrimaryView feed,
    SlotSight slot,
    ArchiveView archive,
    SettingsView settings,
    Optional<FailedRewind> failedRewind) {

  /** What one look shows. */
  public Observation(
      Instant at,
      Optional<ReplicaState> state,
      DirectoryView directory,
      Optional<PostgresServer.Status> server,
      Optional<RecoveryView> recovery,
      String silence,
      PrimaryView primary,
      PrimaryView feed,
      SlotSight slot,
      ArchiveView archive,
      SettingsView settings) {
    this(
        at,
        state,
        directory,
        server,
        recovery,
        silence,
        primary,
        feed,
        slot,
        archive,
        settings,
        Optional.empty());
  }

  /** The same with what is remembered of the last rewind. */
  Observation with(Optional<FailedRewind> last) {
    return new Observation(
        at, state, directory, server, recovery, silence, primary, feed, slot, archive, settings,
        last);
  }

  /** What the operator last commanded. */
  public Wish wish() {
    return state.map(ReplicaState::wish).orElseGet(Wish.Running::new);
  }

  /** Whether its server runs, or is about to. */
  public boolean isRunning() {
    return server.filter(status -> status != PostgresServer.Status.STOPPED).isPresent();
  }
}
