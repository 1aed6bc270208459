package io.tidemark.postgres;

import static io.tidemark.postgres.TimelineSwitchTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReplicationConnectionTest {
  private static final Timeline ONE = new Timeline(1);
  private static final SlotName SLOT = new SlotName("tidemark_1");

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void identifiesItsServerAndManagesASlot(int major) {
    try (TestCluster cluster = Clusters.builder(major).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster));
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      SystemIdentity identity = connection.identity();
      assertThat(identity.systemId()).isEqualTo(session.systemIdentifier());
      assertThat(identity.timeline()).isEqualTo(ONE).isEqualTo(session.currentTimeline());
      assertThat(identity.database()).isEmpty();
      assertThat(connection.show("wal_segment_size")).isEqualTo("16MB");

      assertThat(connection.readSlot(SLOT)).isEmpty();
      SlotPosition slot = connection.createPhysicalSlot(SLOT, true, false);
      assertThat(slot.restart()).isPresent();
      assertThat(connection.readSlot(SLOT)).contains(slot);
      ReplicationSlotRow row = session.replicationSlots().getFirst();
      assertThat(row.name()).isEqualTo(SLOT);
      assertThat(row.type()).isEqualTo("physical");
      assertThat(row.restartLsn()).isEqualTo(slot.restart());
      assertThat(row.walStatus()).contains("reserved");
      assertThat(row.invalidationReason()).isEmpty();
      assertThat(row.active()).isFalse();
      assertFails(
          ReplicationFailure.SLOT_EXISTS, () -> connection.createPhysicalSlot(SLOT, true, false));
      connection.dropSlot(SLOT);
      assertThat(connection.readSlot(SLOT)).isEmpty();
      assertFails(ReplicationFailure.SLOT_MISSING, () -> connection.dropSlot(SLOT));
      assertFails(
          ReplicationFailure.SLOT_MISSING,
          () -> connection.startPhysical(Optional.of(SLOT), identity.flushed(), ONE));
    }
  }

  @Test
  void aTemporarySlotEndsWithTheConnectionAndAnUnreservedOneHasNoPosition() {
    try (TestCluster cluster = Clusters.builder(18).start();
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      try (ReplicationConnection connection =
          ReplicationConnection.open(Clusters.endpoint(cluster))) {
        SlotPosition slot = connection.createPhysicalSlot(SLOT, false, true);
        assertThat(slot.restart()).isEmpty();
        assertThat(session.replicationSlots().getFirst().temporary()).isTrue();
      }
      await().until(() -> session.replicationSlots().isEmpty());
    }
  }

  @Test
  void aSlotThatIsInUseIsToldApart() {
    try (TestCluster cluster = Clusters.builder(15).start();
        ReplicationConnection first = ReplicationConnection.open(Clusters.endpoint(cluster));
        ReplicationConnection second = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = first.createPhysicalSlot(SLOT, true, false).restart().orElseThrow();
      assertThat(first.startPhysical(Optional.of(SLOT), start, ONE).poll(Duration.ofSeconds(5)))
          .isNotNull();
      assertFails(
          ReplicationFailure.SLOT_ACTIVE,
          () -> second.startPhysical(Optional.of(SLOT), start, ONE));
      assertFails(ReplicationFailure.SLOT_ACTIVE, () -> second.dropSlot(SLOT));
      assertThatThrownBy(first::identifySystem).isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void aSlotThatLostItsWalIsToldApart(int major) {
    try (TestCluster cluster =
            Clusters.builder(major)
                .setting("max_wal_size", "32MB")
                .setting("min_wal_size", "32MB")
                .setting("max_slot_wal_keep_size", "16MB")
                .start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster));
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      Lsn start = connection.createPhysicalSlot(SLOT, true, false).restart().orElseThrow();
      for (int i = 0; i < 5; i++) {
        session.emitMessage(false, "test", "some WAL");
        session.switchWal();
        session.checkpoint();
      }
      ReplicationSlotRow row = session.replicationSlots().getFirst();
      assertThat(row.walStatus()).contains("lost");
      assertThat(row.invalidationReason()).isEqualTo(removed(major));
      assertThatThrownBy(
              () -> {
                WalStream stream =
                    connection.startPhysical(
                        Optional.of(SLOT),
                        WalSegment.containing(ONE, start, WalSegmentSize.DEFAULT).start(),
                        ONE);
                for (int i = 0; i < 100; i++) {
                  stream.poll(Duration.ofMillis(100));
                }
              })
          .isInstanceOfSatisfying(
              ReplicationException.class,
              e ->
                  assertThat(e.failure())
                      .isIn(ReplicationFailure.WAL_REMOVED, ReplicationFailure.SLOT_INVALIDATED));
      connection.dropSlot(SLOT);
    }
  }

  private static Optional<String> removed(int major) {
    return major >= 17 ? Optional.of("wal_removed") : Optional.empty();
  }

  @Test
  void findsThePrimaryAmongSeveralHosts() throws IOException {
    try (TestCluster primary = Clusters.builder(15).start();
        TemporaryDirectory directory = TemporaryDirectory.create("tidemark-standby-");
        TestCluster standby =
            TimelineSwitchTest.standbyOf(primary, directory.path().resolve("data"))) {
      HostPort nobody = new HostPort("127.0.0.1", 1);
      List<HostPort> hosts =
          List.of(nobody, Clusters.hostPort(standby), Clusters.hostPort(primary));
      PostgresEndpoint any = Clusters.endpoint(primary);
      PostgresEndpoint wanted = any.withHosts(hosts, PostgresEndpoint.Target.PRIMARY);
      try (PostgresSession session = PostgresSession.open(wanted);
          ReplicationConnection connection = ReplicationConnection.open(wanted);
          PostgresSession first =
              PostgresSession.open(any.withHosts(hosts, PostgresEndpoint.Target.ANY))) {
        assertThat(session.isInRecovery()).isFalse();
        assertThat(connection.show("in_hot_standby")).isEqualTo("off");
        assertThat(first.isInRecovery()).isTrue();
      }
      assertThatThrownBy(
              () ->
                  PostgresSession.open(
                      any.withHosts(hosts.subList(0, 2), PostgresEndpoint.Target.PRIMARY)))
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_UNREACHABLE))
          .hasMessageContaining("127.0.0.1:1")
          .hasMessageContaining("is in recovery");
    }
  }

  @Test
  void readsThePasswordFromAFileAndExplainsARefusal() throws IOException {
    try (TestCluster cluster = Clusters.builder(18).password("s3cr3t:pass").start();
        TemporaryDirectory directory = TemporaryDirectory.create("tidemark-secrets-")) {
      Path passfile =
          secret(directory, "pass", "# comment\n*:*:replication:postgres:s3cr3t\\:pass\n");
      PostgresEndpoint endpoint =
          Clusters.endpoint(cluster)
              .withUser("postgres", new PasswordSource.PassFile(new SecretFile(passfile)));
      try (ReplicationConnection connection = ReplicationConnection.open(endpoint)) {
        assertThat(connection.identity().timeline()).isEqualTo(ONE);
      }
      Path wrong = secret(directory, "wrong", "not it\n");
      PostgresEndpoint refused =
          endpoint.withUser("postgres", new PasswordSource.PasswordFile(new SecretFile(wrong)));
      assertThat(refused.toString()).doesNotContain("not it");
      assertThatThrownBy(
              () ->
                  ReplicationConnection.open(endpoint.withUser("nobody_here", endpoint.password())))
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_REFUSED))
          .isInstanceOfSatisfying(
              PostgresException.class, e -> assertThat(e.hint()).contains("password file"));
      assertThatThrownBy(() -> ReplicationConnection.open(refused))
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_REFUSED);
                assertThat(e.sqlState()).isEqualTo("28P01");
                assertThat(e.explain()).doesNotContain("not it").contains("password file");
              });
    }
  }

  @Test
  void saysWhichRoleAttributeIsMissing() {
    try (TestCluster cluster = Clusters.builder(18).start()) {
      cluster.sql("CREATE ROLE weak LOGIN");
      PostgresEndpoint endpoint =
          Clusters.endpoint(cluster).withUser("weak", new PasswordSource.None());
      assertThatThrownBy(() -> ReplicationConnection.open(endpoint))
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_REFUSED);
                assertThat(e.hint()).isEqualTo("ALTER ROLE \"weak\" REPLICATION;");
              });
    }
  }

  private static Path secret(TemporaryDirectory directory, String name, String content)
      throws IOException {
    Path file = Files.writeString(directory.path().resolve(name), content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }
}
