package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresServer.Status;
import io.tidemark.postgres.PostgresServer.StopMode;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PostgresServerTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void startsPromotesAndStopsAServer(int major) throws IOException {
    try (TestCluster cluster = Clusters.builder(major).create()) {
      Files.createFile(cluster.data().resolve("standby.signal"));
      OsUser.own(cluster.data());
      PostgresServer server = server(cluster);
      Path log = cluster.data().resolve("server's.log");
      String name = "it's $HOME; \"quoted\"";
      assertThat(server.status()).isEqualTo(Status.STOPPED);
      try {
        server.start(Map.of("cluster_name", name, "max_connections", "100"), log, LIMIT);
        assertThat(server.status()).isEqualTo(Status.READY);
        assertThat(cluster.value("SHOW cluster_name")).isEqualTo(name);
        assertThat(cluster.value("SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThatThrownBy(() -> server.startWithoutWaiting(Map.of(), log))
            .isInstanceOfSatisfying(
                TidemarkException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED));
        server.promote(LIMIT);
        assertThat(cluster.value("SELECT pg_is_in_recovery()")).isEqualTo("f");
      } finally {
        server.stop(StopMode.FAST, LIMIT);
      }
      assertThat(server.isRunning()).isFalse();
      assertThat(Files.exists(cluster.data().resolve("postmaster.pid"))).isFalse();
    }
  }

  @Test
  void saysWhatTheLogSaysWhenAServerDoesNotStart() {
    try (TestCluster cluster = Clusters.builder(18).create()) {
      Path log = cluster.data().resolve("server.log");
      assertThatThrownBy(
              () -> server(cluster).start(Map.of("shared_buffers", "nonsense"), log, LIMIT))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_REFUSED))
          .hasMessageContaining("shared_buffers");
    }
  }

  @Test
  void findsTheInstallationOfAMajorByHint() {
    PostgresBinaries sixteen = PostgresBinaries.of(16);
    PostgresBinaries eighteen = PostgresBinaries.of(18);
    PostgresInstallation found =
        PostgresInstallation.find(18, List.of(Path.of("/nowhere"), sixteen.bin(), eighteen.bin()));
    assertThat(found.binDirectory()).isEqualTo(eighteen.bin());
    assertThat(found.version().full()).isEqualTo(eighteen.version());
    assertThat(found.program("pg_ctl")).exists();
    assertThatThrownBy(() -> found.program("pg_nothing"))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("pg_nothing");
  }

  @Test
  void namesWhatToInstallWhenAMajorIsMissing() {
    try (TemporaryDirectory empty = TemporaryDirectory.create("tidemark-no-postgres-")) {
      assertThatThrownBy(() -> PostgresInstallation.find(99, List.of(empty.path())))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.SOFTWARE_MISSING);
                assertThat(e.hint()).contains("postgresql-99");
              })
          .hasMessageContaining(empty.path().toString());
    }
  }

  private static PostgresServer server(TestCluster cluster) {
    PostgresInstallation installation =
        PostgresInstallation.find(cluster.binaries().major(), List.of(cluster.binaries().bin()));
    return new PostgresServer(installation, cluster.data());
  }
}
