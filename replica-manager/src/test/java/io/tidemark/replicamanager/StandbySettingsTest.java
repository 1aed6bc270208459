package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.Configuration;
import io.tidemark.restore.WalGet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandbySettingsTest {
  private static final PrimaryFacts FACTS = new PrimaryFacts(17, 300, 16, 20, 5, 128);

  @TempDir private Path directory;

  /** Replicas of a cluster with two hosts, whose password is in a file. */
  private ReplicaSpec spec(String name, String replicas) {
    Configuration configuration =
        Configuration.parse(
            Path.of("/etc/tidemark/tidemark.yaml"),
            """
            state-directory: /var/lib/tide mark
            repositories: {r: {type: posix, path: /b}}
            clusters:
              main:
                repository: r
                connection: {host: [db1, db2], port: 5433, user: rep'l, password-file: "%s"}
            replicas:
            %s
            """
                .formatted(directory.resolve("password"), replicas.indent(2)));
    return ReplicaSpec.of(configuration, configuration.replica(name), Path.of("/usr/bin/tidemark"));
  }

  private static Map<String, String> settings(ReplicaSpec spec) {
    return StandbySettings.of(spec, FACTS, new Wish.Running());
  }

  @Test
  void aReadReplicaLetsQueriesGoFirst() {
    ReplicaSpec spec = spec("x", "x: {cluster: main, kind: read, directory: /x, port: 5441}");

    assertThat(settings(spec))
        .containsEntry("port", "5441")
        .containsEntry("listen_addresses", "localhost")
        .containsEntry("hot_standby", "on")
        .containsEntry("archive_mode", "off")
        .containsEntry("primary_slot_name", "tidemark_replica_x")
        .containsEntry("restore_command", WalGet.Mode.STANDBY.restoreCommand())
        .containsEntry("recovery_target_timeline", "latest")
        .containsEntry("recovery_min_apply_delay", "0")
        .containsEntry("hot_standby_feedback", "on")
        .containsEntry("max_standby_streaming_delay", "-1")
        .containsEntry("sync_replication_slots", "off");
    assertThat(settings(spec).get("primary_conninfo"))
        .isEqualTo(
            "host=db1,db2 port=5433,5433 user='rep\\'l'"
                + " passfile='/var/lib/tide mark/replicas/x/passfile'"
                + " application_name=tidemark_x connect_timeout=10 sslmode=prefer"
                + " target_session_attrs=read-write");
  }

  @Test
  void aReadReplicaForFreshnessCostsThePrimaryNothing() {
    assertThat(
            settings(
                spec(
                    "x",
                    "x: {cluster: main, kind: read, directory: /x, port: 1, read: {policy:"
                        + " freshness}}")))
        .containsEntry("hot_standby_feedback", "off")
        .containsEntry("max_standby_streaming_delay", "30s")
        .containsEntry("max_standby_archive_delay", "30s");
  }

  @Test
  void aDelayedReplicaWaitsAndPinsNothing() {
    assertThat(
            settings(
                spec("x", "x: {cluster: main, kind: delayed, delay: 4h, directory: /x, port: 1}")))
        .containsEntry("recovery_min_apply_delay", "14400000ms")
        .containsEntry("primary_slot_name", "")
        .containsEntry("hot_standby_feedback", "off");
  }

  @Test
  void oneThatIsHeldHasItsTargetAndNoDelay() {
    ReplicaSpec spec =
        spec("x", "x: {cluster: main, kind: delayed, delay: 4h, directory: /x, port: 1}");
    Wish held = new Wish.HeldAt("xid 7", Map.of("recovery_target_xid", "7"));

    assertThat(StandbySettings.of(spec, FACTS, held))
        .containsEntry("recovery_min_apply_delay", "0")
        .containsEntry("recovery_target_xid", "7");
  }

  @Test
  void oneThatIsFedFromTheArchiveHasNoConnection() {
    assertThat(
            settings(spec("x", "x: {cluster: main, kind: archive-only, directory: /x, port: 1}")))
        .containsEntry("primary_conninfo", "")
        .containsEntry("primary_slot_name", "");
  }

  @Test
  void aCascadeStreamsFromTheOtherReplica() {
    ReplicaSpec spec =
        spec(
            "y",
            """
            x: {cluster: main, kind: read, directory: /x, port: 5441}
            y: {cluster: main, kind: read, directory: /y, port: 5442, host: db1, upstream: x}
            """);

    assertThat(settings(spec).get("primary_conninfo"))
        .startsWith("host=localhost port=5441 ")
        .doesNotContain("target_session_attrs");
    assertThat(settings(spec)).containsEntry("listen_addresses", "localhost,db1");
  }

  @Test
  void whatMustNotBeLowerThanOnThePrimaryIsRaised() {
    assertThat(
            settings(
                spec(
                    "x",
                    "x: {cluster: main, kind: read, directory: /x, port: 1, settings:"
                        + " {max_connections: 50, max_wal_senders: 40, shared_buffers: 2GB}}")))
        .containsEntry("max_connections", "300")
        .containsEntry("max_wal_senders", "40")
        .containsEntry("max_worker_processes", "16")
        .containsEntry("max_prepared_transactions", "5")
        .containsEntry("max_locks_per_transaction", "128")
        .containsEntry("shared_buffers", "2GB");
  }

  @Test
  void copiesOfFailoverSlotsNeedADatabaseAndFeedback() {
    ReplicaSpec spec =
        spec("x", "x: {cluster: main, kind: sync, directory: /x, port: 1, sync-slots: true}");

    assertThat(settings(spec))
        .containsEntry("sync_replication_slots", "on")
        .containsEntry("hot_standby_feedback", "on");
    assertThat(settings(spec).get("primary_conninfo")).endsWith(" dbname=postgres");
    assertThat(StandbySettings.of(spec, new PrimaryFacts(16, 1, 1, 1, 1, 1), new Wish.Running()))
        .doesNotContainKey("sync_replication_slots");
  }

  @Test
  void thePasswordIsInThePasswordFileAlone() throws Exception {
    Path password = Files.writeString(directory.resolve("password"), "a:b\\c\n");
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
    ReplicaSpec spec =
        spec(
            "y",
            """
            x: {cluster: main, kind: read, directory: /x, port: 5441}
            y: {cluster: main, kind: read, directory: /y, port: 5442, upstream: x}
            """);

    assertThat(Conninfo.passfile(spec))
        .contains(
            """
            localhost:5441:*:rep'l:a\\:b\\\\c
            db1:5433:*:rep'l:a\\:b\\\\c
            db2:5433:*:rep'l:a\\:b\\\\c
            """);
    assertThat(spec.toString() + settings(spec)).doesNotContain("b\\c");
  }

  @Test
  void whatIsWrittenIsReadBack() {
    String file =
        """
        # Do not edit this file manually!
        port = '5441'
        PORT = 5442
        log_line_prefix = 'it''s 100\\\\% \\'q\\''
        work_mem=64MB # more
        shared_buffers '2GB'
        """;

    assertThat(AutoConf.parse(file.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(
            Map.of(
                "port", "5442",
                "log_line_prefix", "it's 100\\% 'q'",
                "work_mem", "64MB",
                "shared_buffers", "2GB"));
  }
}
