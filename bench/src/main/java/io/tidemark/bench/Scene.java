package io.tidemark.bench;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What every part works with.
 *
 * @param peers names of those that may take part, as on the command line
 * @param pgBackRest empty where it is not installed or not wanted
 * @param walBytes how much WAL a backlog has
 */
record Scene(
    WorkDirectory work,
    Database database,
    TidemarkProgram program,
    Home home,
    Meter meter,
    Rounds rounds,
    Set<String> peers,
    Optional<PgBackRest> pgBackRest,
    long walBytes) {

  Shell shell() {
    return work.shell();
  }

  /** Whether PostgreSQL's own program takes part: it is wanted, and this distribution has it. */
  boolean has(String program) {
    return peers.contains(program) && database.cluster().binaries().has(program);
  }

  Path postgresProgram(String name) {
    return database.cluster().binaries().program(name);
  }

  /** How PostgreSQL's programs find the server. */
  String conninfo() {
    return "host=127.0.0.1 port=" + database.cluster().port() + " user=postgres";
  }
}
