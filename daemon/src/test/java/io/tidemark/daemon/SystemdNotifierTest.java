package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SystemdNotifierTest {
  private static final long PID = ProcessHandle.current().pid();

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  void tellsThroughASocketInTheFileSystem(@TempDir Path directory) {
    tellsThrough(directory.resolve("notify").toString());
  }

  @Test
  void tellsThroughAnAbstractSocket() {
    tellsThrough("@tidemark-test-" + PID + "-" + System.nanoTime());
  }

  private static void tellsThrough(String address) {
    try (UnixDatagram systemd = new UnixDatagram()) {
      systemd.bind(address);
      SystemdNotifier notifier = SystemdNotifier.of(Map.of("NOTIFY_SOCKET", address), PID);

      notifier.ready();
      assertThat(systemd.receive(DaemonSite.LIMIT)).isEqualTo("READY=1");
      long before = System.nanoTime() / 1000;
      notifier.reloading();
      assertThat(systemd.receive(DaemonSite.LIMIT).split("\nMONOTONIC_USEC="))
          .satisfies(
              lines -> {
                assertThat(lines[0]).isEqualTo("RELOADING=1");
                assertThat(Long.parseLong(lines[1])).isGreaterThanOrEqualTo(before);
              });
      notifier.status("all well\nWATCHDOG=trigger");
      assertThat(systemd.receive(DaemonSite.LIMIT)).isEqualTo("STATUS=all well WATCHDOG=trigger");
      notifier.status("all well\nWATCHDOG=trigger");
      notifier.alive();
      assertThat(systemd.receive(DaemonSite.LIMIT))
          .as("the same status is not told twice")
          .isEqualTo("WATCHDOG=1");
      notifier.stopping();
      assertThat(systemd.receive(DaemonSite.LIMIT)).isEqualTo("STOPPING=1");
    }
  }

  @Test
  void tellsNobodyWhereThereIsNoSystemd() {
    SystemdNotifier.of(Map.of(), PID).ready();

    assertThat(log.lines()).isEmpty();
  }

  @Test
  @ExpectLog("systemd could not be told READY=1")
  void survivesASocketThatIsGone(@TempDir Path directory) {
    SystemdNotifier.of(Map.of("NOTIFY_SOCKET", directory.resolve("gone").toString()), PID).ready();
  }

  @Test
  void saysThatItIsAliveTwiceInTheTimeThatSystemdWaits() {
    assertThat(watchdog(Map.of("WATCHDOG_USEC", "60000000"))).contains(Duration.ofSeconds(30));
    assertThat(watchdog(Map.of("WATCHDOG_USEC", "60000000", "WATCHDOG_PID", "" + PID)))
        .contains(Duration.ofSeconds(30));
    assertThat(watchdog(Map.of("WATCHDOG_USEC", "60000000", "WATCHDOG_PID", "1"))).isEmpty();
    assertThat(watchdog(Map.of())).isEmpty();
  }

  private static Optional<Duration> watchdog(Map<String, String> environment) {
    return SystemdNotifier.of(environment, PID).aliveEvery();
  }

  @Test
  void refusesAnAddressThatIsNone() {
    try (UnixDatagram socket = new UnixDatagram()) {
      assertThatThrownBy(() -> socket.send("relative", "x")).isInstanceOf(TidemarkException.class);
      assertThatThrownBy(() -> socket.send("/" + "x".repeat(200), "x"))
          .isInstanceOf(TidemarkException.class);
    }
  }
}
