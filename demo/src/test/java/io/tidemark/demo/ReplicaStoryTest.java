package io.tidemark.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.demo.ReplicaSite.Replica;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.ReplicaHome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real daemon with replicas in its configuration, and what happens to them in a bad night. */
@Timeout(240)
final class ReplicaStoryTest {
  private static final String ONE_SLOT =
      "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'"
          + " AND application_name = '%s'";

  private static final String ALL = "SELECT string_agg(i::text, ',' ORDER BY i) FROM t";

  @Test
  void buildsStandbysKeepsThemRunningAndFollowsAFailover() throws InterruptedException {
    try (ReplicaSite site = new ReplicaSite(17, Map.of())) {
      Replica reports = site.successor("reports", "kind: read");
      Replica late = site.replica("late", "kind: delayed\n    delay: 2s");
      site.primary().sql("CREATE TABLE t AS SELECT 1 AS i");
      site.begin();
      site.await("both stream", () -> isStreaming(site, reports) && isStreaming(site, late));

      restartsAStandbyThatWasKilled(site, reports);
      leavesServersAloneWhenTheDaemonIsKilled(site, reports, late);
      followsWhomSomebodyElsePromotes(site, reports, late);
    }
  }

  private static boolean isStreaming(ReplicaSite site, Replica replica) {
    return site.primary().value(ONE_SLOT.formatted(replica.applicationName())).equals("t");
  }

  private static void restartsAStandbyThatWasKilled(ReplicaSite site, Replica reports) {
    long before = site.postmaster(reports);
    ReplicaSite.kill("KILL", before);
    site.await(
        "another postmaster streams",
        () -> site.postmaster(reports) != before && isStreaming(site, reports));
  }

  private static void leavesServersAloneWhenTheDaemonIsKilled(
      ReplicaSite site, Replica reports, Replica late) {
    List<Long> before = List.of(site.postmaster(reports), site.postmaster(late));
    site.killDaemon();
    assertThat(isStreaming(site, reports) && isStreaming(site, late)).isTrue();
    int told = site.log().length();
    site.startDaemon();
    site.await(
        "the next daemon finds both as they are to be",
        () ->
            site.log().substring(told).contains("replica reports: nothing: it streams")
                && site.log().substring(told).contains("replica late: nothing: it streams"));
    assertThat(List.of(site.postmaster(reports), site.postmaster(late))).isEqualTo(before);
  }

  /** What was received is there after a start, though the archive has less of it. */
  private static void followsWhomSomebodyElsePromotes(
      ReplicaSite site, Replica reports, Replica late) throws InterruptedException {
    site.primary().sql("INSERT INTO t VALUES (2)");
    site.await("2 is there", () -> site.ask(reports, "SELECT max(i) FROM t").equals("2"));
    try (ReplicaHome.Lock _ = site.keepDaemonFrom(reports)) {
      site.stop(reports);
      site.primary().kill9();
      site.start(reports);
      site.promote(reports);
    }
    long promoted = site.postmaster(reports);
    site.ask(reports, "INSERT INTO t VALUES (3) RETURNING i");
    String written = site.ask(reports, "SELECT pg_current_wal_lsn()");

    site.await("the archiver follows", () -> site.hasHistory(new Timeline(2)));
    site.await(
        "the archiver acknowledges what the new primary wrote",
        () ->
            site.ask(
                    reports,
                    "SELECT restart_lsn >= '%s' FROM pg_replication_slots WHERE slot_name = '%s'"
                        .formatted(written, "tidemark_" + ReplicaSite.CLUSTER))
                .equals("t"));
    site.await(
        "the delayed standby streams from the new primary",
        () -> site.ask(reports, ONE_SLOT.formatted(late.applicationName())).equals("t"));
    site.await("3 is there", () -> site.ask(late, ALL).equals("1,2,3"));
    site.await(
        "the promoted one is refused",
        () -> site.log().contains("replica reports: not done by itself: it is a primary"));
    assertThat(site.postmaster(reports)).isEqualTo(promoted);
    assertThat(site.ask(reports, "SELECT pg_is_in_recovery()")).isEqualTo("f");
  }

  @Test
  void makesALostSlotAgainAndCatchesUpFromTheArchive() throws InterruptedException {
    Map<String, String> settings =
        Map.of("max_slot_wal_keep_size", "8MB", "min_wal_size", "2MB", "max_wal_size", "8MB");
    try (ReplicaSite site = new ReplicaSite(18, settings)) {
      Replica reports = site.replica("reports", "kind: read");
      site.primary().sql("CREATE TABLE t AS SELECT 1 AS i");
      site.begin();
      site.await("it streams", () -> isStreaming(site, reports));

      try (ReplicaHome.Lock _ = site.keepDaemonFrom(reports)) {
        site.stop(reports);
        writeUntilTheSlotIsLost(site);
        site.primary().sql("UPDATE t SET i = 2");
      }

      site.await("2 is there", () -> site.ask(reports, "SELECT i FROM t").equals("2"));
      site.await("it streams again", () -> isStreaming(site, reports));
      assertThat(site.log())
          .contains("replica reports: recreate-slot: the WAL that its slot kept is lost");
      assertThat(site.primary().value(slot("tidemark_replica_reports", "wal_status")))
          .isIn("reserved", "extended");
    }
  }

  /** The archiver keeps up all the while. */
  private static void writeUntilTheSlotIsLost(ReplicaSite site) {
    String lost = slot("tidemark_replica_reports", "wal_status");
    String archived = slot("tidemark_" + ReplicaSite.CLUSTER, "restart_lsn");
    site.await(
        "the slot is lost",
        () -> {
          site.primary().sql("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 2000000))");
          String end = site.primary().value("SELECT pg_switch_wal()");
          site.await(
              "archived",
              () ->
                  site.primary()
                      .value("SELECT (%s) >= '%s'::pg_lsn".formatted("(" + archived + ")", end))
                      .equals("t"));
          site.primary().sql("CHECKPOINT");
          return site.primary().value(lost).equals("lost");
        });
  }

  private static String slot(String name, String what) {
    return "SELECT %s FROM pg_replication_slots WHERE slot_name = '%s'".formatted(what, name);
  }
}
