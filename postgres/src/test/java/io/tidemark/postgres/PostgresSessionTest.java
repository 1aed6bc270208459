package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresSessionTest {
  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void readsWhatAServerIs(int major) {
    try (TestCluster cluster = Clusters.builder(major).tablespace("fast").start();
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      assertThat(session.serverVersion().major()).isEqualTo(major);
      assertThat(session.isInRecovery()).isFalse();
      assertThat(session.currentTimeline()).isEqualTo(new Timeline(1));
      assertThat(session.walSegmentSize()).isEqualTo(WalSegmentSize.DEFAULT);
      Lsn before = session.currentWalLsn();
      assertThat(session.emitMessage(true, "test", "hello")).isGreaterThan(before);
      assertThat(session.createRestorePoint("here")).isGreaterThan(before);
      assertThat(session.switchWal()).isGreaterThan(before);
      assertThat(session.setting("wal_level")).contains("replica");
      assertThat(session.setting("no_such_setting")).isEmpty();
      assertThat(session.settings(List.of("wal_level", "nothing.there", "fsync")))
          .containsOnlyKeys("wal_level", "fsync");
      TablespaceRow tablespace = session.tablespaces().getFirst();
      assertThat(tablespace.name()).isEqualTo("fast");
      assertThat(tablespace.location())
          .isEqualTo(String.valueOf(cluster.tablespaces().get("fast")));
      RoleAbilities role = session.roleAbilities();
      assertThat(role.superuser()).isTrue();
      assertThat(role.missingGrants()).isEmpty();
      assertThat(session.standbys()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void takesABackupOnAPrimaryAndOnAStandby(int major) throws IOException {
    try (TestCluster primary = Clusters.builder(major).start();
        TemporaryDirectory directory = TemporaryDirectory.create("tidemark-standby-");
        TestCluster standby =
            TimelineSwitchTest.standbyOf(primary, directory.path().resolve("data"))) {
      for (TestCluster cluster : List.of(primary, standby)) {
        try (PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
          Lsn start =
              session.within(Duration.ofMinutes(1), () -> session.backupStart("label 1", true));
          BackupStop stop = session.backupStop(false);
          assertThat(stop.lsn()).isGreaterThanOrEqualTo(start);
          assertThat(stop.backupLabel()).contains("LABEL: label 1", start.toString());
          assertThat(stop.tablespaceMap()).isEmpty();
          assertThat(session.currentTimeline()).isEqualTo(new Timeline(1));
          assertThat(session.currentWalLsn()).isGreaterThanOrEqualTo(start);
          assertThat(session.setting("statement_timeout")).contains("30s");
        }
      }
    }
  }

  @Test
  void aRoleWithoutRightsIsToldTheSqlThatGrantsThem() {
    try (TestCluster cluster = Clusters.builder(18).start()) {
      cluster.sql("CREATE ROLE \"Weak\" LOGIN");
      PostgresEndpoint endpoint =
          Clusters.endpoint(cluster).withUser("Weak", new PasswordSource.None());
      try (PostgresSession session = PostgresSession.open(endpoint)) {
        assertThatThrownBy(() -> session.backupStart("label", true))
            .isInstanceOfSatisfying(
                PostgresException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_REFUSED);
                  assertThat(e.sqlState()).isEqualTo("42501");
                  assertThat(e.hint())
                      .isEqualTo(
                          "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO \"Weak\";");
                });
        assertThat(session.setting("data_directory")).as("a setting it may not see").isEmpty();
        List<String> grants = session.roleAbilities().missingGrants();
        assertThat(grants).hasSize(8);
        cluster.sql(grants.toArray(String[]::new));
        assertThat(session.roleAbilities().missingGrants()).isEmpty();
      }
      try (PostgresSession session = PostgresSession.open(endpoint)) {
        session.backupStart("label", true);
        assertThat(session.backupStop(false).backupLabel()).contains("label");
        session.checkpoint();
        assertThat(session.replicationSlots()).isEmpty();
      }
    }
  }

  @Test
  void aStatementHasALimit() {
    try (TestCluster cluster = Clusters.builder(15).start();
        PostgresSession session =
            PostgresSession.open(
                Clusters.endpoint(cluster)
                    .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(300)))) {
      assertThatThrownBy(() -> session.value("SELECT pg_sleep(30)"))
          .isInstanceOfSatisfying(
              PostgresException.class, e -> assertThat(e.sqlState()).isEqualTo("57014"));
      assertThat(session.within(Duration.ofSeconds(20), () -> session.value("SELECT pg_sleep(1)")))
          .isPresent();
      assertThatThrownBy(() -> session.execute("SELECT pg_sleep(30)"))
          .isInstanceOf(PostgresException.class);
    }
  }

  @Test
  void aServerThatIsNotThereIsUnreachable() {
    assertThatThrownBy(
            () ->
                PostgresSession.open(
                    PostgresEndpoint.to(new HostPort("127.0.0.1", 1), "postgres", "postgres")))
        .isInstanceOfSatisfying(
            PostgresException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_UNREACHABLE))
        .hasMessageContaining("127.0.0.1:1");
  }

  @Test
  void aLostServerIsUnreachable() {
    try (TestCluster cluster = Clusters.builder(18).start();
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      cluster.kill9();
      assertThatThrownBy(session::currentWalLsn)
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_UNREACHABLE));
      assertThat(session.isClosed()).isTrue();
    }
  }
}
