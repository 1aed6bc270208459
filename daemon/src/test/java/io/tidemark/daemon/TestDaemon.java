package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.LogSettings;
import io.tidemark.store.StoreObserver;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Path;

/** A process that archives one cluster as the daemon does, and does nothing else. */
final class TestDaemon {
  private TestDaemon() {}

  /** The argument is the configuration. */
  public static void main(String[] arguments) {
    Logs.configure(LogSettings.Format.TEXT, LogSettings.Level.INFO, System.err);
    Configuration configuration = Configuration.load(Path.of(arguments[0]));
    ClusterSettings cluster = configuration.cluster(ArchivedCluster.NAME);
    try (Wiring wiring = new Wiring(configuration, _ -> StoreObserver.none())) {
      new WalArchiver(
              cluster.archive(),
              Wiring.primary(cluster),
              wiring.repository(cluster),
              configuration.stateDirectory(),
              new ArchiverLog(cluster.name()))
          .run();
    }
  }
}
