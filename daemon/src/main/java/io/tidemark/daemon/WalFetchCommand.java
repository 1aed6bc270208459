package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.LogSettings;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.WalFetcher;
import io.tidemark.restore.WalGet;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Stages WAL for a recovering server; wal-get starts it where none runs. */
@Command(
    name = "wal-fetch",
    hidden = true,
    description = "Stages WAL for a recovering server. Started by its restore_command.")
final class WalFetchCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(WalFetchCommand.class);

  private final Invocation invocation;

  @Option(names = "--data-directory", required = true, paramLabel = "DIR")
  Path dataDirectory = Path.of("/nonexistent");

  @Option(names = "--mode", required = true, paramLabel = "MODE", description = "restore, standby")
  WalGet.Mode mode = WalGet.Mode.RESTORE;

  @Parameters(paramLabel = "CLUSTER")
  String cluster = "";

  WalFetchCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    invocation.logTo(LogSettings.Format.TEXT, LogSettings.Level.INFO, invocation.out());
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    try (Wiring wiring = invocation.wiring(configuration)) {
      ClusterRepository repository = wiring.repository(settings);
      Path directory = dataDirectory.toAbsolutePath();
      Optional<WalFetcher> opened = WalFetcher.open(repository, directory, settings.restore());
      if (opened.isEmpty()) {
        LOG.info("another process stages WAL for {} already", directory);
        return 0;
      }
      try (WalFetcher fetcher = opened.get()) {
        LOG.info("stages WAL of {} for {}", repository.describe(), directory);
        fetcher.run();
      }
      LOG.info("the recovery of {} is over", directory);
      return 0;
    }
  }
}
