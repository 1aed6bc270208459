package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.postgres.BaseBackupOptions;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** How a server is asked for a copy. */
class ReplicaBuilderTest {

  @Test
  void copiesAsFastAsItCanFromAFastCheckpoint() {
    BaseBackupOptions asked = ReplicaBuilder.asked(settings(""));

    assertThat(asked.fast()).isTrue();
    assertThat(asked.maxRateKibPerSecond()).isEmpty();
  }

  @Test
  void copiesAtTheRateOfItsConfigurationFromASpreadCheckpoint() {
    BaseBackupOptions asked = ReplicaBuilder.asked(settings("copy-rate: 50MiB/s"));

    assertThat(asked.fast()).isFalse();
    assertThat(asked.maxRateKibPerSecond()).isEqualTo(OptionalInt.of(50 << 10));
    assertThat(ReplicaBuilder.asked(settings("copy-rate: 32KiB/s")).maxRateKibPerSecond())
        .isEqualTo(OptionalInt.of(32));
    assertThat(ReplicaBuilder.asked(settings("copy-rate: 1GiB/s")).maxRateKibPerSecond())
        .isEqualTo(OptionalInt.of(1 << 20));
  }

  private static ReplicaSettings settings(String more) {
    String yaml =
        """
        repositories: {here: {type: posix, path: /unused}}
        clusters:
          shop: {repository: here, connection: {host: localhost, user: postgres}}
        replicas:
          reports:
            cluster: shop
            kind: read
            directory: /srv/reports
            port: 5441
            %s
        """
            .formatted(more);
    return Configuration.parse(Path.of("tidemark.yaml"), yaml).replica("reports");
  }
}
