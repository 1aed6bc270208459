package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.LeaseInfo;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Signals to real processes. */
@Timeout(120)
class DaemonProcessTest {
  private static final int INTERRUPTED = 130;

  @TempDir Path directory;
  private final TestCluster cluster =
      TestCluster.builder(PostgresBinaries.of(15)).fsync(false).start();
  private final DaemonSite site = new DaemonSite();
  private final UnixDatagram systemd = new UnixDatagram();
  private String notify = "";

  @BeforeEach
  void listen() {
    notify = directory.resolve("notify").toString();
    systemd.bind(notify);
  }

  @AfterEach
  void close() {
    systemd.close();
    site.close();
    cluster.close();
  }

  @Test
  void tellsSystemdReloadsOnSighupAndEndsInOrderOnSigterm() throws Exception {
    site.with("main", cluster, "archive: {rpo: 30s, slot: only}\nbackup: {schedule: none}\n");
    try (Program daemon = start(site.file("run"))) {
      daemon.signal("HUP");
      awaitMessage("RELOADING=1");
      awaitMessage("READY=1");

      Lsn last = DaemonSite.write(cluster);
      daemon.signal("TERM");
      awaitMessage("STOPPING=1");
      assertThat(daemon.awaitExit(45)).as(daemon.log()).isZero();
      assertThat(DaemonSite.confirmed(cluster, "only"))
          .as("put and reported at the end, long before the next tail was due")
          .isGreaterThanOrEqualTo(last);
    }
  }

  @Test
  void startsAClusterAnewThatChangedInTheFile() throws Exception {
    site.with("main", cluster, "archive: {slot: only}\nbackup: {schedule: none}\n");
    Path configuration = site.file("run");
    try (Program daemon = start(configuration)) {
      change(configuration, "slot: only", "slot: another");
      daemon.signal("HUP");
      daemon.awaitLog("main: slot another made");
      await()
          .atMost(DaemonSite.LIMIT)
          .until(
              () ->
                  cluster
                      .value(
                          "SELECT count(*) FROM pg_replication_slots"
                              + " WHERE active = (slot_name = 'another')")
                      .equals("2"));
      assertThat(daemon.isAlive()).isTrue();
    }
  }

  @Test
  void endsAtOnceOnASecondSigterm() throws Exception {
    site.with("main", cluster, "archive: {rpo: 1h, slot: only}\nbackup: {schedule: none}\n");
    Path configuration = site.file("run");
    String path = "path: " + site.repository();
    change(configuration, path, path + ", bandwidth-limit: 64KiB/s");
    try (Program daemon = start(configuration)) {
      cluster.sql("CREATE TABLE noise AS SELECT gen_random_uuid() FROM generate_series(1, 200000)");
      daemon.signal("TERM");
      awaitMessage("STOPPING=1");
      assertThat(daemon.isAlive()).as("puts a last tail of some MiB, slowly").isTrue();
      daemon.signal("TERM");
      assertThat(daemon.awaitExit(5)).isEqualTo(INTERRUPTED);
    }
  }

  @Test
  void aBackupThatCtrlCEndsIsGoneOnWith() throws Exception {
    site.with(
        "main",
        cluster,
        "archive: {slot: only}\nbackup: {schedule: none, bandwidth-limit: 2MiB/s}\n");
    Path configuration = site.file("run");
    try (Daemon archiving = site.start("run");
        ClusterRepository repository =
            ClusterRepository.open(
                PosixStore.open(PosixSettings.of(site.repository())),
                "main",
                KilledCluster.OPTIONS)) {
      assertThat(archiving.readiness().clusters()).containsKey("main");
      BackupEntry begun;
      try (Program backup = backup(configuration, "first")) {
        await().atMost(DaemonSite.LIMIT).until(() -> !repository.backups().list().isEmpty());
        begun = repository.backups().list().getFirst();
        backup.signal("INT");
        assertThat(backup.awaitExit(20)).as(backup.log()).isEqualTo(INTERRUPTED);
      }
      assertThat(repository.backups().list())
          .singleElement()
          .isInstanceOf(BackupEntry.Unfinished.class);
      assertThat(repository.leases().held()).extracting(LeaseInfo::work).doesNotContain("backup");

      change(configuration, "bandwidth-limit: 2MiB/s", "bandwidth-limit: 1GiB/s");
      try (Program backup = backup(configuration, "second")) {
        assertThat(backup.awaitExit(60)).as(backup.log()).isZero();
      }
      assertThat(repository.backups().list())
          .singleElement()
          .isInstanceOf(BackupEntry.Completed.class)
          .extracting(BackupEntry::name)
          .isEqualTo(begun.name());
    }
  }

  private Program backup(Path configuration, String log) throws IOException {
    return Program.start(
        configuration, directory.resolve(log), "backup", "main", "--checkpoint=fast");
  }

  /** Until it streams. */
  private Program start(Path configuration) throws IOException {
    ProcessBuilder builder = Program.builder(configuration, "daemon");
    builder.environment().put("NOTIFY_SOCKET", notify);
    Program daemon = Program.start(builder, directory.resolve("log"));
    assertThat(systemd.receive(DaemonSite.LIMIT)).isEqualTo("READY=1");
    daemon.awaitLog("main: streaming timeline 1");
    return daemon;
  }

  private void awaitMessage(String expected) {
    String message;
    do {
      message = systemd.receive(DaemonSite.LIMIT);
    } while (!message.startsWith(expected));
  }

  private static void change(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }
}
