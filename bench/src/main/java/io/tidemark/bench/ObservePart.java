package io.tidemark.bench;

import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The daemon's CPU while it observes many replicas, and without any. Each replica has a session,
 * queries and a slot of its own; behind all are two standbys.
 */
final class ObservePart {
  static final int REPLICAS = 50;

  private static final String NAME = "observe";
  private static final int STANDBYS = 2;

  /** Then the JVM has compiled what runs often, and every replica was seen several times. */
  private static final int SETTLING_SECONDS = 45;

  private static final int SECONDS = 60;

  private final Scene scene;

  ObservePart(Scene scene) {
    this.scene = scene;
  }

  Result run() {
    scene.home().requireBackup();
    TestCluster primary = scene.database().cluster();
    List<TestCluster> standbys = new ArrayList<>();
    List<TcpProxy> ways = new ArrayList<>();
    try {
      for (int i = 0; i < STANDBYS; i++) {
        standbys.add(TestCluster.standbyOf(primary).parent(scene.work().path()).start());
      }
      StringBuilder yaml = new StringBuilder("replicas:\n");
      for (int i = 0; i < REPLICAS; i++) {
        TcpProxy way = TcpProxy.to(standbys.get(i % STANDBYS).port());
        ways.add(way);
        yaml.append(replica("r" + i, way.port()));
        primary.value(
            "SELECT slot_name FROM pg_create_physical_replication_slot('tidemark_replica_r%d')"
                .formatted(i));
      }
      return new Result(
          Result.Task.OBSERVE,
          0,
          List.of(
              measure("Tidemark's daemon", yaml.toString(), () -> requireSessions(standbys)),
              measure("without replicas", "", () -> {})));
    } finally {
      ways.forEach(TcpProxy::close);
      standbys.forEach(TestCluster::close);
      for (int i = 0; i < REPLICAS; i++) {
        Slots.drop(primary, "tidemark_replica_r" + i);
      }
    }
  }

  private String replica(String name, int port) {
    return """
      %s:
        cluster: %s
        kind: read
        manage: false
        directory: %s
        host: 127.0.0.1
        port: %d
    """
        .formatted(name, TidemarkProgram.CLUSTER, scene.work().path().resolve(name), port);
  }

  /** What is not observed costs nothing. */
  private static void requireSessions(List<TestCluster> standbys) {
    String sql =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tidemark_replicas'";
    long sessions = standbys.stream().mapToLong(each -> Long.parseLong(each.value(sql))).sum();
    if (sessions != REPLICAS) {
      throw new IllegalStateException(sessions + " sessions observe " + REPLICAS + " replicas");
    }
  }

  private Row measure(String name, String replicas, Runnable check) {
    Process daemon = scene.program().daemon(scene.home().withReplicas(NAME, replicas));
    try {
      pause(SETTLING_SECONDS);
      double load = ProcFs.load();
      OptionalLong server = scene.database().server();
      double serverBefore = ProcFs.treeSeconds(server.orElseThrow());
      double before = ProcFs.treeSeconds(daemon.pid());
      long start = System.nanoTime();
      pause(SECONDS);
      check.run();
      Measured measured =
          new Measured(
              Meter.secondsSince(start),
              ProcFs.treeSeconds(daemon.pid()) - before,
              ProcFs.treeSeconds(server.orElseThrow()) - serverBefore,
              ProcFs.peakBytes(daemon.pid()),
              load);
      return new Row(name, List.of(measured), OptionalLong.empty());
    } finally {
      scene.shell().end(daemon);
    }
  }

  private static void pause(int seconds) {
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
