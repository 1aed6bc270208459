package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.SlotName;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalArchive;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * What all parts of one archiver share.
 *
 * @param name begins the names of its threads
 * @param puts one permit for each put under way
 * @param spool empty where only the repository counts
 * @param backoff of the connection
 */
record ArchiverContext(
    String name,
    ArchiveSettings settings,
    PostgresEndpoint server,
    ClusterRepository repository,
    SlotName slot,
    SegmentPool pool,
    Semaphore puts,
    ArchiverState state,
    ArchiverListener listener,
    Optional<Spool> spool,
    CloseRequest closing,
    Backoff backoff) {
  private static final Duration DISCONNECTED_LIMIT = Duration.ofSeconds(5);

  WalArchive archive() {
    return repository.wal();
  }

  Uploader uploader() {
    return new Uploader(name, puts, state, listener);
  }

  /** How long to wait for what is under way when a stream ends. */
  Duration finishLimit() {
    if (closing.isMade()) {
      return closing.left();
    }
    // What is in the spool goes on its way without a stream.
    return spool.isPresent() ? Duration.ZERO : DISCONNECTED_LIMIT;
  }
}
