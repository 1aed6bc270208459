package io.tidemark.restore;

import io.tidemark.config.RestoreSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stages the WAL with which a recovery begins before its server is started: redo then does not wait
 * for the start of a fetcher. For a directory that no server runs in and no fetcher serves.
 */
public final class FirstWal {
  private static final Logger LOG = LoggerFactory.getLogger(FirstWal.class);

  /** A slow store delays the end of a restore by no more. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private FirstWal() {}

  /**
   * Stages as much as {@code settings} allow ahead of replay. What cannot be staged is fetched when
   * the server asks for it, so that no failure to do so is one of the restore.
   *
   * @return how many files are staged
   */
  public static int stage(
      ClusterRepository repository,
      RestorePlan plan,
      Path dataDirectory,
      RestoreSettings settings) {
    WalSegmentSize size = repository.identity().walSegmentSize();
    WalSegment first =
        WalSegment.containing(plan.backup().timeline(), plan.backup().startLsn(), size);
    try {
      WalStage stage = WalStage.of(dataDirectory);
      if (!hasRoom(stage, settings)) {
        return 0;
      }
      ArchivedFiles source =
          ArchivedFiles.of(repository.wal(), size, Optional.of(RecoveryWay.of(plan)));
      try (StagedAhead ahead = new StagedAhead(stage, source, size, settings)) {
        return ahead.fill(first, LIMIT);
      }
    } catch (IOException | TidemarkException e) {
      LOG.warn("WAL is not staged ahead of recovery, which only takes longer: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  /** What is left belongs to pg_control, which comes after this, and then to the recovery. */
  private static boolean hasRoom(WalStage stage, RestoreSettings settings) throws IOException {
    return Files.getFileStore(stage.home()).getUsableSpace() / 2 > settings.walAheadBytes();
  }
}
