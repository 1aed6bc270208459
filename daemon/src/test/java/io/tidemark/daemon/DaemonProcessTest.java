package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DaemonProcessTest {
  @Test
  void tellsSystemdReloadsOnSighupAndEndsInOrderOnSigterm(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path output = directory.resolve("log");
    String notify = directory.resolve("notify").toString();
    try (TestCluster cluster = TestCluster.builder(PostgresBinaries.of(15)).fsync(false).start();
        DaemonSite site =
            new DaemonSite()
                .with(
                    "main",
                    cluster,
                    """
                    archive: {rpo: 30s, slot: only}
                    backup: {schedule: none}
                    """);
        UnixDatagram systemd = new UnixDatagram()) {
      systemd.bind(notify);
      ProcessBuilder builder = command(site.file("run")).redirectOutput(output.toFile());
      builder.environment().put("NOTIFY_SOCKET", notify);
      Process daemon = builder.redirectErrorStream(true).start();
      try {
        assertThat(systemd.receive()).isEqualTo("READY=1");
        await()
            .atMost(DaemonSite.LIMIT)
            .untilAsserted(
                () -> assertThat(Files.readString(output)).contains("main: streaming timeline 1"));

        kill("HUP", daemon);
        awaitMessage(systemd, "RELOADING=1");
        awaitMessage(systemd, "READY=1");

        Lsn last = DaemonSite.write(cluster);
        kill("TERM", daemon);
        awaitMessage(systemd, "STOPPING=1");
        assertThat(daemon.waitFor(45, TimeUnit.SECONDS)).isTrue();
        assertThat(daemon.exitValue()).as(Files.readString(output)).isZero();
        assertThat(DaemonSite.confirmed(cluster, "only"))
            .as("put and reported at the end, long before the next tail was due")
            .isGreaterThanOrEqualTo(last);
      } finally {
        daemon.destroyForcibly().waitFor();
      }
    }
  }

  private static void awaitMessage(UnixDatagram systemd, String expected) {
    while (!systemd.receive().startsWith(expected)) {
      Thread.onSpinWait();
    }
  }

  private static void kill(String signal, Process process)
      throws IOException, InterruptedException {
    List<String> command = List.of("kill", "-" + signal, "" + process.pid());
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  private static ProcessBuilder command(Path configuration) {
    return new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx72m",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        "io.tidemark.daemon.Tidemark",
        "daemon",
        "--config",
        configuration.toString());
  }
}
