package io.tidemark.demo;

import io.tidemark.testing.OsUser;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** {@code --keep}: says where everything is, and waits until the visitor leaves. */
final class Visit {
  private static final long LOOK_MILLIS = 200;

  private final Story story;
  private final DemoHome home;
  private final TestCluster primary;
  private final int restoredPort;
  private final DaemonProcess daemon;

  Visit(Story story, DemoHome home, TestCluster primary, int restoredPort, DaemonProcess daemon) {
    this.story = story;
    this.home = home;
    this.primary = primary;
    this.restoredPort = restoredPort;
    this.daemon = daemon;
  }

  /** The repository belongs to the servers' user, and what a command writes must too. */
  private String program() {
    String user =
        OsUser.forServers().map(other -> "runuser -u " + other.name() + " -- ").orElse("");
    return user + home.resolve("bin/tidemark");
  }

  /** Returns after Enter, and throws after Ctrl-C. */
  void untilEnded() throws InterruptedException {
    story.line("");
    story.line("Everything goes on running:");
    story.fact("the shop", "psql -h 127.0.0.1 -p %d -U postgres", primary.port());
    story.fact("restored", "psql -h 127.0.0.1 -p %d -U postgres", restoredPort);
    story.fact("metrics", "curl http://127.0.0.1:%d/metrics", daemon.httpPort());
    story.fact("log", "%s", daemon.log());
    story.fact("commands", "export TIDEMARK_CONFIG=%s", home.resolve(Settings.FILE));
    story.fact("", "%s status", program());
    story.fact("", "%s wal list shop", program());
    story.line("");
    story.line("Enter or Ctrl-C ends it and removes %s.", home.path());
    try {
      while (System.in.available() == 0) {
        daemon.requireRunning();
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("standard input cannot be read", e);
    }
  }
}
