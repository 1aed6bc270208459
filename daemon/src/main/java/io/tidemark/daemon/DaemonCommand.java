package io.tidemark.daemon;

import io.tidemark.config.Configuration;
import io.tidemark.config.LogSettings;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** {@code tidemark daemon}. */
@Command(
    name = "daemon",
    description = {
      "Archives, backs up and observes all clusters of the configuration, until it is stopped.",
      "SIGHUP reads the configuration again; SIGTERM ends it in order, a second one at once."
    },
    footer = {"%nExample:", "  tidemark daemon --config /etc/tidemark/tidemark.yaml"})
final class DaemonCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonCommand.class);

  private final Invocation invocation;

  DaemonCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    Configuration configuration = invocation.configuration();
    Consumer<LogSettings> logging =
        log -> invocation.logTo(log.format(), log.level(), invocation.err());
    logging.accept(configuration.log());
    if ("root".equals(System.getProperty("user.name"))) {
      LOG.warn("runs as root; expected the user that owns the data directories, often postgres");
    }
    SystemdNotifier systemd = SystemdNotifier.of(System.getenv(), ProcessHandle.current().pid());
    Daemon daemon = Daemon.start(configuration, systemd, logging);
    // Closed in this order, the daemon first: a second signal ends it at once while it closes.
    try (Signals _ = new Signals(daemon::end, daemon::askReload);
        daemon) {
      daemon.await();
    }
    return 0;
  }
}
