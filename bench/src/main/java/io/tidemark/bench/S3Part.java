package io.tidemark.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Full backups to an S3 server on the same machine, by Tidemark alone: the peers want TLS. */
final class S3Part {
  private static final String SLOT = "tidemark_s3";
  private static final String OBJECTS = "s3-objects";

  private final Scene scene;

  S3Part(Scene scene) {
    this.scene = scene;
  }

  Result run() {
    return scene
        .rounds()
        .run(Result.Task.BACKUP_S3, scene.database().bytes(), List.of(new ByTidemark()));
  }

  private final class ByTidemark implements Contestant {
    private long stored;

    @Override
    public String name() {
      return "Tidemark zstd:3";
    }

    @Override
    public Measured run() {
      Path objects = scene.work().remake(OBJECTS);
      try (S3Process server = S3Process.start(scene.shell(), objects)) {
        Path config =
            scene
                .program()
                .configure(scene.database().cluster(), "s3", server.repository(scene.work()), SLOT);
        Measured measured =
            BackupRun.beside(
                scene.work(), scene.database(), scene.program(), scene.meter(), config, SLOT);
        stored = WorkDirectory.bytes(objects);
        return measured;
      } finally {
        Slots.drop(scene.database().cluster(), SLOT);
        scene.work().remove(OBJECTS);
      }
    }

    @Override
    public OptionalLong storedBytes() {
      return OptionalLong.of(stored);
    }
  }
}
