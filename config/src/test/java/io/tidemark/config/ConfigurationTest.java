package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
  private static final Path FILE = Path.of("/etc/tidemark/tidemark.yaml");

  private static final String SMALLEST =
      """
      repositories:
        local: {type: posix, path: /backups}
      clusters:
        main-1: {repository: local}
      """;

  @Test
  void whatIsNotWrittenHasItsDefault() {
    Configuration configuration = Configuration.parse(FILE, SMALLEST);

    assertThat(configuration.file()).isEqualTo(FILE);
    assertThat(configuration.log())
        .isEqualTo(new LogSettings(LogSettings.Format.TEXT, LogSettings.Level.INFO));
    assertThat(configuration.http().listen().orElseThrow())
        .hasToString("127.0.0.1/<unresolved>:9780");
    assertThat(configuration.runDirectory()).isEqualTo(Path.of("/run/tidemark"));
    assertThat(configuration.stateDirectory()).isEqualTo(Path.of("/var/lib/tidemark"));
    assertThat(configuration.secrets()).isEmpty();
    assertThat(configuration.repositoryOf(configuration.cluster("main-1")))
        .isEqualTo(
            new RepositorySettings(
                "local",
                new PosixSettings(Path.of("/backups")),
                new CompressionSettings(CompressionSettings.Algorithm.ZSTD, 3),
                Optional.empty(),
                RetrySettings.DEFAULT,
                OptionalLong.empty()));
  }

  @Test
  void aClusterThatNamesOnlyItsRepositoryHasDefaultsEverywhere() {
    ClusterSettings cluster = Configuration.parse(FILE, SMALLEST).cluster("main-1");

    assertThat(cluster)
        .isEqualTo(
            new ClusterSettings(
                "main-1",
                "local",
                ConnectionSettings.defaults(),
                Optional.empty(),
                Optional.empty(),
                ArchiveSettings.defaults("main-1"),
                BackupSettings.defaults(),
                RetentionSettings.defaults(),
                RestoreSettings.defaults()));
    assertThat(cluster.archive().slot()).isEqualTo("tidemark_main_1");
    assertThat(cluster.archive().rpo()).isEqualTo(Duration.ofSeconds(1));
    assertThat(cluster.archive().ack()).isEqualTo(ArchiveSettings.Ack.REPOSITORY);
    assertThat(cluster.backup().schedule()).contains("0 0 2 * * ?");
    assertThat(cluster.connection().hosts()).containsExactly("localhost");
  }
}
