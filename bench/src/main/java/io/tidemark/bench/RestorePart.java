package io.tidemark.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/** Restores of the last full backup, without starting a server on them. */
final class RestorePart {
  private static final String TARGET = "restored";

  private final Scene scene;

  RestorePart(Scene scene) {
    this.scene = scene;
  }

  Result run() {
    scene.home().requireBackup();
    List<Contestant> contestants = new ArrayList<>();
    contestants.add(new Into("Tidemark zstd:3", scene.home()::restore));
    scene
        .pgBackRest()
        .ifPresent(
            peer -> {
              peer.requireBackup(scene);
              contestants.add(new Into(PgBackRest.NAME, peer::restore));
            });
    return scene.rounds().run(Result.Task.RESTORE, scene.database().bytes(), contestants);
  }

  private final class Into implements Contestant {
    private final String name;
    private final Function<Path, List<String>> command;

    Into(String name, Function<Path, List<String>> command) {
      this.name = name;
      this.command = command;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Path target = scene.work().remake(TARGET);
      scene.work().settle();
      Measured measured = scene.meter().command(OptionalLong.empty(), command.apply(target));
      scene.work().remove(TARGET);
      return measured;
    }
  }
}
