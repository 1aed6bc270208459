package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Archiving of WAL that has piled up. */
final class ArchivePart {
  private static final String TARGET = "wal-target";
  private static final String SLOT = "bench_archive";
  private static final String RECEIVE = "pg_receivewal";

  private final Scene scene;
  private final Backlog backlog;

  ArchivePart(Scene scene, Backlog backlog) {
    this.scene = scene;
    this.backlog = backlog;
  }

  Result run() {
    List<Contestant> contestants = new ArrayList<>();
    contestants.add(new ByTidemark());
    if (scene.has(RECEIVE)) {
      contestants.add(new ByReceiver("pg_receivewal", "none"));
      contestants.add(new ByReceiver("pg_receivewal lz4", "lz4"));
    }
    scene.pgBackRest().ifPresent(peer -> contestants.add(new ByPgBackRest(peer)));
    return scene.rounds().run(Result.Task.ARCHIVE, backlog.bytes(), contestants);
  }

  private TestCluster cluster() {
    return scene.database().cluster();
  }

  /** The daemon, from its start to its report that all of the backlog is flushed. */
  private final class ByTidemark implements Contestant {
    private long stored;

    @Override
    public String name() {
      return "Tidemark zstd:3";
    }

    @Override
    public Measured run() {
      Path target = scene.work().remake(TARGET);
      backlog.slot(cluster(), SLOT);
      Path config =
          scene.program().configure(cluster(), "archive", TidemarkProgram.posix(target), SLOT);
      scene.program().init(config);
      scene.work().settle();
      Measured measured = drain(config);
      stored = WorkDirectory.bytes(target);
      Slots.drop(cluster(), SLOT);
      scene.work().remove(TARGET);
      return measured;
    }

    private Measured drain(Path config) {
      List<Process> daemon = new ArrayList<>();
      try {
        return scene
            .meter()
            .work(
                scene.database().server(),
                () -> daemon.stream().map(Process::pid).toList(),
                () -> {
                  daemon.add(scene.program().daemon(config));
                  Slots.awaitFlushed(cluster(), SLOT, backlog.to(), daemon.getFirst());
                });
      } finally {
        daemon.forEach(scene.shell()::end);
      }
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(stored);
    }
  }

  private final class ByReceiver implements Contestant {
    private final String name;
    private final String compression;
    private long stored;

    ByReceiver(String name, String compression) {
      this.name = name;
      this.compression = compression;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Path target = scene.work().remake(TARGET);
      backlog.slot(cluster(), SLOT);
      scene.work().settle();
      Measured measured =
          scene
              .meter()
              .command(
                  scene.database().server(),
                  List.of(
                      scene.postgresProgram(RECEIVE).toString(),
                      "-D",
                      target.toString(),
                      "-d",
                      scene.conninfo(),
                      "--slot=" + SLOT,
                      "--endpos=" + backlog.to(),
                      "--compress=" + compression,
                      "--no-loop"));
      stored = WorkDirectory.bytes(target);
      Slots.drop(cluster(), SLOT);
      scene.work().remove(TARGET);
      return measured;
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(stored);
    }
  }

  /** By archive_command, from when it is set to when the server calls the last segment archived. */
  private final class ByPgBackRest implements Contestant {
    private final PgBackRest peer;
    private long stored;

    ByPgBackRest(PgBackRest peer) {
      this.peer = peer;
    }

    @Override
    public String name() {
      return "pgBackRest archive-push async zst:3";
    }

    @Override
    public Measured run() {
      peer.renew();
      scene
          .shell()
          .script(
              "cd '"
                  + cluster().data()
                  + "/pg_wal/archive_status' && for done in *.done; do"
                  + " [ ! -e \"$done\" ] || mv \"$done\" \"${done%.done}.ready\"; done");
      scene.work().settle();
      Measured measured =
          scene
              .meter()
              .work(scene.database().server(), () -> ProcFs.named(peer.mark()), this::push);
      scene.database().archiveBy("");
      stored = WorkDirectory.bytes(peer.repository());
      return measured;
    }

    private void push() {
      peer.archive(scene.database(), true);
      scene
          .database()
          .awaitTrue(
              "SELECT count(*) = 0 FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
                  + " AND name <= '"
                  + backlog.lastSegment(cluster())
                  + ".ready'");
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(stored);
    }
  }
}
