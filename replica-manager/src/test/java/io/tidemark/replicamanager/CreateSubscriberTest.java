package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.testing.NeedsTool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CreateSubscriberTest {
  private static final LogicalSpec SPEC = new LogicalSeen().spec();

  @Test
  void namesDirectoryServerAndObjects() {
    assertThat(
            CreateSubscriber.command(
                Path.of("/bin/pg_createsubscriber"), 17, SPEC, Path.of("/data"), 5499, false))
        .containsExactly(
            "/bin/pg_createsubscriber",
            "--pgdata=/data",
            "--subscriber-port=5499",
            "--socketdir=/data",
            "--subscriber-username=tidemark",
            "--publisher-server=" + SPEC.conninfo().text(),
            "--database=app",
            "--publication=tidemark_shop_app",
            "--replication-slot=tidemark_shop_app",
            "--subscription=tidemark_shop_app");
  }

  @Test
  void onlyLooksWhereItIsADryRun() {
    assertThat(
            CreateSubscriber.command(
                Path.of("/bin/pg_createsubscriber"), 18, SPEC, Path.of("/data"), 5499, true))
        .endsWith("--dry-run");
  }

  @Test
  void isNotThereBefore17() {
    assertThatThrownBy(
            () -> CreateSubscriber.command(Path.of("/bin/x"), 16, SPEC, Path.of("/data"), 1, true))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.SOFTWARE_MISSING));
  }

  @Test
  @NeedsTool("pg_createsubscriber")
  void givesOptionsThatTheProgramHas() {
    String help =
        LocalCommand.run(
                List.of("pg_createsubscriber", "--help"), Path.of("/"), Duration.ofSeconds(20))
            .output();

    CreateSubscriber.command(Path.of("x"), 17, SPEC, Path.of("/data"), 1, true).stream()
        .skip(1)
        .map(option -> option.split("=", 2)[0])
        .forEach(option -> assertThat(help).contains(option));
  }
}
