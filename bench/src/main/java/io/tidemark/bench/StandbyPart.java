package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A new standby from nothing until the primary says that it streams. */
final class StandbyPart {
  private static final String NAME = "standby";
  private static final String SLOT = "bench_standby";
  private static final String BASE_BACKUP = "pg_basebackup";
  private static final String STREAMS =
      "SELECT EXISTS (SELECT FROM pg_stat_replication"
          + " WHERE state = 'streaming' AND application_name = ?)";

  private final Scene scene;
  private final StandbyServers server;

  StandbyPart(Scene scene) {
    this.scene = scene;
    this.server = new StandbyServers(scene, NAME);
  }

  Result run() {
    scene.home().requireBackup();
    scene.home().drain();
    List<Contestant> contestants = new ArrayList<>();
    contestants.add(new Built("Tidemark zstd:3", "tidemark_" + NAME, byTidemark()));
    if (scene.has(BASE_BACKUP)) {
      // Its own stream of WAL is called otherwise; the standby's has libpqwalreceiver's name.
      contestants.add(new Built("pg_basebackup -R", "walreceiver", byBaseBackup()));
    }
    scene
        .pgBackRest()
        .ifPresent(
            peer -> {
              peer.requireBackup(scene);
              contestants.add(new Built(PgBackRest.NAME, "bench_pgbackrest", by(peer)));
            });
    return scene.rounds().run(Result.Task.STANDBY, scene.database().bytes(), contestants);
  }

  private List<String> byTidemark() {
    Path config = scene.home().withReplicas(NAME, server.yaml("kind: read"));
    return scene.program().createReplica(config, NAME);
  }

  private List<String> byBaseBackup() {
    String copy =
        "%s -D %s -d '%s' -R -X stream -C -S %s --checkpoint=fast"
            .formatted(
                scene.postgresProgram(BASE_BACKUP), server.directory(), scene.conninfo(), SLOT);
    return List.of("sh", "-c", copy + " && " + server.start());
  }

  private List<String> by(PgBackRest peer) {
    String conninfo = scene.conninfo() + " application_name=bench_pgbackrest";
    String restore =
        String.join(
            " ",
            peer.standby(server.directory(), conninfo).stream()
                .map(word -> "'" + word + "'")
                .toList());
    return List.of("sh", "-c", restore + " && " + server.start());
  }

  private final class Built implements Contestant {
    private final String name;
    private final String applicationName;
    private final List<String> command;

    Built(String name, String applicationName, List<String> command) {
      this.name = name;
      this.applicationName = applicationName;
      this.command = command;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      TestCluster primary = scene.database().cluster();
      scene.work().remake(NAME);
      scene.work().settle();
      List<Process> started = new ArrayList<>();
      try {
        Measured measured =
            scene
                .meter()
                .work(
                    scene.database().server(),
                    () -> roots(started),
                    () -> {
                      started.add(scene.shell().start(command));
                      Slots.awaitTrue(
                          primary, STREAMS, () -> lives(started.getFirst()), applicationName);
                    });
        scene.shell().awaitSuccess(started.getFirst(), command);
        return measured;
      } finally {
        server.end();
        Slots.drop(primary, SLOT);
        Slots.drop(primary, "tidemark_replica_" + NAME);
        scene.work().remake(NAME + "-state");
        scene.work().remove(NAME);
      }
    }

    private List<Long> roots(List<Process> started) {
      return Stream.concat(
              started.stream().map(Process::pid),
              ProcFs.named(server.directory().toString()).stream())
          .toList();
    }
  }

  /** It may have ended well, and its server not stream yet. */
  private static boolean lives(Process process) {
    return process.isAlive() || process.exitValue() == 0;
  }
}
