package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Recovery of one base copy through the same WAL: by what {@code tidemark restore} configures, by
 * cp of the same segments from a local directory, and with the segments in pg_wal already.
 */
final class RecoveryPart {
  static final String CP = "restore_command = cp";

  private static final String TARGET = "recovered";

  private final Scene scene;
  private final Backlog backlog;

  RecoveryPart(Scene scene, Backlog backlog) {
    this.scene = scene;
    this.backlog = backlog;
  }

  Result run() {
    scene.home().drain();
    Path wal = copyWal();
    List<Contestant> contestants =
        List.of(
            new Recovered("Tidemark", "", ""),
            new Recovered(CP, "cp " + wal + "/%f \"%p\"", ""),
            new Recovered(
                "limit: WAL in pg_wal already", "false", "cp " + wal + "/* recovered/pg_wal/"));
    Result result = scene.rounds().run(Result.Task.RECOVERY, backlog.bytes(), contestants);
    scene.work().remove("wal");
    return result;
  }

  /** What the server has, up to the end of the backlog: the same bytes as those archived. */
  private Path copyWal() {
    Path wal = scene.work().remake("wal");
    String last = backlog.lastSegment(scene.database().cluster());
    scene
        .shell()
        .script(
            "cd '%s/pg_wal' && for f in ????????????????????????; do [ \"$f\" \\> '%s' ] || cp \"$f\" '%s'; done"
                .formatted(scene.database().cluster().data(), last, wal));
    return wal;
  }

  private final class Recovered implements Contestant {
    private final String name;
    private final String restoreCommand;
    private final String before;

    /**
     * @param restoreCommand empty: the one that the restore has written
     * @param before a line of sh that is not measured, run in the work directory; may be empty
     */
    Recovered(String name, String restoreCommand, String before) {
      this.name = name;
      this.restoreCommand = restoreCommand;
      this.before = before;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Path target = scene.work().remake(TARGET);
      scene.shell().run(scene.home().restore(target));
      scene.shell().script("cd .. && " + (before.isEmpty() ? "true" : before));
      scene.work().settle();
      try (TestCluster cluster = adopt(target)) {
        Measured measured = recover(cluster, target);
        cluster.stop(TestCluster.StopMode.IMMEDIATE);
        endFetcher(target);
        return measured;
      } finally {
        scene.work().remove(TARGET);
      }
    }

    /** It waits for a server that is started again, since recovery did not come to its end. */
    private void endFetcher(Path target) {
      ProcFs.named(target.toString())
          .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy));
      Await.until("the fetcher ends", () -> ProcFs.named(target.toString()).isEmpty());
    }

    private TestCluster adopt(Path target) {
      TestClusterBuilder builder =
          TestCluster.adopt(target, scene.database().cluster().binaries())
              .setting("hot_standby", "off")
              .setting("archive_mode", "off");
      return (restoreCommand.isEmpty()
              ? builder
              : builder.setting("restore_command", restoreCommand))
          .create();
    }

    private Measured recover(TestCluster cluster, Path target) {
      return scene
          .meter()
          .work(
              OptionalLong.empty(),
              () -> ProcFs.named(target.toString()),
              () -> {
                cluster.startWithoutWaiting();
                Await.until(
                    "redo is done",
                    () -> !cluster.isRunning() || cluster.log().contains("redo done at"));
                if (!cluster.isRunning()) {
                  throw new IllegalStateException("recovery failed:\n" + cluster.logTail());
                }
              });
    }
  }
}
