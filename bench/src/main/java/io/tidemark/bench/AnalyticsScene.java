package io.tidemark.bench;

import io.tidemark.testing.PostgresBinaries;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What every analytics part works with.
 *
 * @param tools psql, pgbench and pg_dump, which the servers' own distribution may lack
 * @param debezium the directory of its jars, which servers' user can read; empty where it does not
 *     take part
 */
record AnalyticsScene(
    WorkDirectory work,
    TidemarkProgram program,
    Meter meter,
    Rounds rounds,
    PostgresBinaries servers,
    PostgresBinaries tools,
    Optional<Path> debezium,
    AnalyticsOptions options,
    PrintStream progress) {
  private static final Path PGCOPYDB = Path.of("/usr/bin/pgcopydb");

  /** As the command line has it; what is missing on this machine is told. */
  static AnalyticsScene make(
      WorkDirectory work,
      TidemarkProgram program,
      Rounds rounds,
      AnalyticsOptions options,
      PrintStream progress) {
    PostgresBinaries tools =
        PostgresBinaries.debian()
            .filter(found -> found.has("pgbench"))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "found no pgbench and psql in /usr/lib/postgresql; install them: apt-get"
                            + " install postgresql"));
    return new AnalyticsScene(
        work,
        program,
        new Meter(work.shell()),
        rounds,
        PostgresBinaries.of(options.major),
        tools,
        options.peers.contains("debezium")
            ? DebeziumFollower.install(Bench.root(), work, progress)
            : Optional.empty(),
        options,
        progress);
  }

  Shell shell() {
    return work.shell();
  }

  boolean has(String peer) {
    return options.peers.contains(peer);
  }

  /** Whether it is wanted, is installed, and can be: it needs a pg_dump as new as the servers. */
  boolean hasPgCopyDb() {
    if (!has("pgcopydb")) {
      return false;
    }
    boolean can = Files.isExecutable(PGCOPYDB) && tools.major() >= servers.major();
    if (!can) {
      progress.printf(
          "without pgcopydb: expected %s, and a pg_dump of %d (found %d)%n",
          PGCOPYDB, servers.major(), tools.major());
    }
    return can;
  }

  /** The path of psql or another client program. */
  String tool(String name) {
    return tools.program(name).toString();
  }
}
