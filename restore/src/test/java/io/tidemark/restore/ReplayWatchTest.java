package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that runs and cannot be asked, since what it would be asked with is wrong. */
final class ReplayWatchTest {
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(17);

  @TempDir Path directory;
  private final TestCluster cluster =
      TestCluster.builder(BINARIES).password("right").fsync(false).start();

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void saysThatThePasswordIsWrong() {
    TidemarkException failure = asked(cluster.port(), "wrong", Instant.EPOCH);

    assertThat(failure.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN);
    assertThat(failure).hasMessageContaining("cannot be asked").hasMessageContaining("password");
    assertThat(failure.hint()).contains("port, user and password");
  }

  @Test
  void saysThatNobodyIsAtThePort() {
    int port = FreePort.find();

    TidemarkException failure = asked(port, "right", Instant.EPOCH);

    assertThat(failure.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN);
    assertThat(failure).hasMessageContaining("cannot be asked").hasMessageContaining("" + port);
  }

  @Test
  void saysThatAnotherServerIsAtThePort() {
    TidemarkException failure =
        asked(cluster.port(), "right", Instant.now().plus(Duration.ofMinutes(1)));

    assertThat(failure.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN);
    assertThat(failure).hasMessageContaining("leads to another server");
  }

  /** What two looks lead to: the first that fails is let pass. */
  private TidemarkException asked(int port, String password, Instant began) {
    PostgresServer server =
        new PostgresServer(
            PostgresInstallation.find(BINARIES.major(), List.of(BINARIES.bin())), cluster.data());
    PostgresEndpoint endpoint =
        PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", cluster.user())
            .withUser(
                cluster.user(), new PasswordSource.PasswordFile(new SecretFile(secret(password))));
    try (ReplayWatch watch =
        new ReplayWatch(server, () -> PostgresSession.open(endpoint), began, Duration.ZERO)) {
      return catchThrowableOfType(
          TidemarkException.class,
          () -> {
            watch.look();
            watch.look();
          });
    }
  }

  private Path secret(String password) {
    try {
      Path file = Files.writeString(directory.resolve("password"), password);
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
