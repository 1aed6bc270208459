package io.tidemark.bench;

import io.tidemark.testing.FreePort;
import java.nio.file.Path;
import java.util.List;

/** A standby in the work directory: how PostgreSQL's own programs start and end it. */
final class StandbyServers {

  private final Scene scene;
  private final String name;
  private final int port = FreePort.find();

  /**
   * @param name of its directory
   */
  StandbyServers(Scene scene, String name) {
    this.scene = scene;
    this.name = name;
  }

  Path directory() {
    return scene.work().path().resolve(name);
  }

  int port() {
    return port;
  }

  /**
   * A section of one managed replica.
   *
   * @param kind with what it needs, as lines of YAML
   */
  String yaml(String... kind) {
    return """
    replicas:
      %s:
        cluster: %s
        directory: %s
        host: 127.0.0.1
        port: %d
    """
            .formatted(name, TidemarkProgram.CLUSTER, directory(), port)
        + String.join("", List.of(kind).stream().map(line -> "    " + line + "\n").toList());
  }

  /** A line of sh that starts it, and does not wait. */
  String start(String... settings) {
    StringBuilder options = new StringBuilder("-c port=" + port);
    List.of(settings).forEach(setting -> options.append(" -c ").append(setting));
    return "%s -D %s -W -s -l %s -o \"%s\" start"
        .formatted(scene.postgresProgram("pg_ctl"), directory(), log(), options);
  }

  /** A line of sh that stops it. */
  String stop(String mode) {
    return "%s -D %s -s -w -t 300 -m %s stop"
        .formatted(scene.postgresProgram("pg_ctl"), directory(), mode);
  }

  Path log() {
    return scene.work().path().resolve(name + ".log");
  }

  /** Ends what runs in its directory. */
  void end() {
    scene
        .shell()
        .script("[ ! -e %s/postmaster.pid ] || ".formatted(directory()) + stop("immediate"));
    List<Long> left = ProcFs.named(directory().toString());
    left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy));
    Await.until("its processes end", () -> ProcFs.named(directory().toString()).isEmpty());
  }
}
