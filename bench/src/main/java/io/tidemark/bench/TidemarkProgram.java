package io.tidemark.bench;

import io.tidemark.testing.OsUser;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Tidemark as it is installed: launcher and jars in the work directory, run as any program. */
final class TidemarkProgram {
  /** The cluster's name in every configuration. */
  static final String CLUSTER = "main";

  private final Path launcher;
  private final WorkDirectory work;

  private TidemarkProgram(Path launcher, WorkDirectory work) {
    this.launcher = launcher;
    this.work = work;
  }

  /**
   * Copies a built checkout's program.
   *
   * @param root of the checkout
   */
  static TidemarkProgram install(Path root, WorkDirectory work) {
    Path home = work.path().resolve("program");
    try {
      Path lib = Files.createDirectories(home.resolve("lib"));
      try (Stream<Path> jars = Files.list(root.resolve("daemon/target/tidemark/lib"))) {
        for (Path jar : (Iterable<Path>) jars::iterator) {
          if (jar.toString().endsWith(".jar")) {
            Files.copy(jar, lib.resolve(jar.getFileName()));
          }
        }
      }
      Files.copy(root.resolve(".mvn/find-jdk.sh"), lib.resolve("find-jdk.sh"));
      Path launcher = Files.createDirectories(home.resolve("bin")).resolve("tidemark");
      Files.copy(root.resolve("tidemark"), launcher);
      Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
      OsUser.own(home);
      // As systemd/install does.
      work.shell().run(List.of(launcher.toString(), "train"));
      return new TidemarkProgram(launcher, work);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A configuration of the server and one repository.
   *
   * @param name of the files that belong to it
   * @param repository the lines of the repository, one YAML map in braces
   * @param slot that the daemon archives from
   */
  Path configure(TestCluster cluster, String name, String repository, String slot) {
    return configure(cluster, name, repository, slot, "");
  }

  /**
   * As above, with more sections.
   *
   * @param more YAML, such as the replicas; may be empty
   */
  Path configure(TestCluster cluster, String name, String repository, String slot, String more) {
    String text =
        """
        http: {listen: none}
        run-directory: %1$s
        state-directory: %1$s
        repositories:
          repository: %2$s
        clusters:
          %3$s:
            repository: repository
            connection: {host: 127.0.0.1, port: %4$d, user: postgres, sslmode: disable}
            bin-directory: %5$s
            archive: {slot: %6$s}
            backup: {schedule: none, parallel: 2, checkpoint: fast}
            retention: {recovery-window: 1d, fulls: 1, schedule: none}
        %7$s
        """
            .formatted(
                work.make(name + "-state"),
                repository,
                CLUSTER,
                cluster.port(),
                cluster.binaries().bin(),
                slot,
                more);
    return work.write(name + ".yaml", text);
  }

  /**
   * A configuration of one analytics pipeline from one database to another, and of nothing else
   * that would work: the cluster is neither archived nor backed up.
   *
   * @param name of the pipeline and of its schema in the target
   * @param tables the lines of its tables, indented by 8
   */
  Path configureAnalytics(Db source, Db target, String name, boolean labels, String tables) {
    String text =
        """
        http: {listen: none}
        run-directory: %1$s
        state-directory: %1$s
        repositories:
          repository: %2$s
        clusters:
          %3$s:
            repository: repository
            connection: {host: 127.0.0.1, port: %4$d, user: postgres, sslmode: disable}
            archive: {enabled: false}
            backup: {schedule: none}
            retention: {schedule: none}
        analytics:
          target: {host: 127.0.0.1, port: %5$d, user: postgres, database: %6$s, sslmode: disable}
          spool-directory: %1$s
          pipelines:
            %7$s:
              schema: %7$s
              label-columns: %10$s
              sources:
                main: {cluster: %3$s, database: %8$s}
              tables:
        %9$s"""
            .formatted(
                work.remake("analytics-state"),
                posix(work.path().resolve("analytics-repository")),
                CLUSTER,
                source.cluster().port(),
                target.cluster().port(),
                target.name(),
                name,
                source.name(),
                tables,
                labels ? "{site: _site, database: _database}" : "{}");
    return work.write("analytics.yaml", text);
  }

  /** A repository in a directory, with what every figure is measured with: zstd 3. */
  static String posix(Path directory) {
    return "{type: posix, path: %s, compression: {algorithm: zstd, level: 3}}".formatted(directory);
  }

  void init(Path config) {
    work.shell().run(command(config, "init"));
  }

  /** Starts the daemon; its log goes where all output goes. */
  Process daemon(Path config) {
    return work.shell().start(command(config, "daemon"));
  }

  /**
   * As above.
   *
   * @param javaOptions beside those that it has anyway
   */
  Process daemon(Path config, String javaOptions) {
    return work.shell()
        .start(
            Stream.concat(
                    Stream.of("env", "TIDEMARK_JAVA_OPTS=" + javaOptions),
                    command(config, "daemon").stream())
                .toList());
  }

  /** A command about one pipeline. */
  List<String> analytics(Path config, String... words) {
    List<String> all = new ArrayList<>(List.of("analytics"));
    all.addAll(List.of(words));
    return command(config, all.toArray(String[]::new));
  }

  List<String> backup(Path config) {
    return command(config, "backup", CLUSTER);
  }

  /** Restores without starting, and lets the system write everything to the disk. */
  List<String> restore(Path config, Path to) {
    return List.of(
        "sh",
        "-c",
        String.join(" ", command(config, "restore", CLUSTER, "--to", to.toString()))
            + " && sync -f "
            + to);
  }

  /** Makes a replica of the configuration, and waits for what the program waits for. */
  List<String> createReplica(Path config, String replica) {
    return command(config, "replica", "create", replica, "--yes");
  }

  /** Lets a delayed replica replay up to a position. */
  List<String> advance(Path config, String replica, String lsn) {
    return command(config, "replica", "advance", replica, "--lsn", lsn, "--yes");
  }

  String version() {
    return work.shell()
        .outputOf(List.of(launcher.toString(), "--version"))
        .lines()
        .findFirst()
        .orElse("");
  }

  private List<String> command(Path config, String... arguments) {
    return Stream.concat(
            Stream.of(launcher.toString(), "--config", config.toString()), Stream.of(arguments))
        .toList();
  }
}
