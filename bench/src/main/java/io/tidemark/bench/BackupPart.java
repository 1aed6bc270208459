package io.tidemark.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Full backups. */
final class BackupPart {
  private static final String BASE = "pg_basebackup";

  private final Scene scene;

  BackupPart(Scene scene) {
    this.scene = scene;
  }

  Result toDirectory() {
    List<Contestant> contestants = new ArrayList<>();
    contestants.add(new ByTidemark());
    scene.pgBackRest().ifPresent(peer -> contestants.add(new ByPgBackRest(peer)));
    if (scene.has(BASE)) {
      contestants.add(new ByBaseBackup("pg_basebackup", List.of("-Fp")));
      contestants.add(
          new ByBaseBackup(
              "pg_basebackup server-zstd:3", List.of("-Ft", "--compress=server-zstd:3")));
    }
    return scene.rounds().run(Result.Task.BACKUP, scene.database().bytes(), contestants);
  }

  private final class ByTidemark implements Contestant {
    @Override
    public String name() {
      return "Tidemark zstd:3";
    }

    @Override
    public Measured run() {
      return scene.home().backup();
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(WorkDirectory.bytes(scene.home().repository()));
    }
  }

  private final class ByPgBackRest implements Contestant {
    private final PgBackRest peer;

    ByPgBackRest(PgBackRest peer) {
      this.peer = peer;
    }

    @Override
    public String name() {
      return PgBackRest.NAME;
    }

    @Override
    public Measured run() {
      return peer.fullBackup(scene);
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(WorkDirectory.bytes(peer.repository()));
    }
  }

  private final class ByBaseBackup implements Contestant {
    private static final String TARGET = "base-backup";

    private final String name;
    private final List<String> options;
    private long stored;

    ByBaseBackup(String name, List<String> options) {
      this.name = name;
      this.options = options;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Path target = scene.work().remake(TARGET);
      scene.work().settle();
      List<String> command =
          new ArrayList<>(List.of(scene.postgresProgram(BASE).toString(), "--checkpoint=fast"));
      command.addAll(List.of("-D", target.toString(), "-d", scene.conninfo()));
      command.addAll(options);
      Measured measured = scene.meter().command(scene.database().server(), command);
      stored = WorkDirectory.bytes(target);
      scene.work().remove(TARGET);
      return measured;
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(stored);
    }
  }
}
