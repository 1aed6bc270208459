package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies one table as of the moment at which a replica stands still, into a file or another server.
 * What is copied is all of one moment, which is proven: the replica stands where it stood when it
 * is done.
 */
public final class Extract {
  private static final Duration LIMIT = Duration.ofDays(1);
  private static final String LOCK_NOT_AVAILABLE = "55P03";

  private final ReplicaSpec replica;
  private final ReplicaControl control;

  /** Where to. */
  public sealed interface Into {
    /** A file that is not there yet. */
    record File(Path path) implements Into {}

    /** Another server. */
    record Server(TargetServer server) implements Into {}
  }

  /** By what it was copied. */
  public enum Method {
    /** pg_dump's custom format: pg_restore reads it. */
    PG_DUMP,
    /** COPY's text format, and CREATE TABLE with columns, NOT NULL and the primary key. */
    COPY
  }

  /**
   * What was copied.
   *
   * @param replayed the moment that it shows: everything before this position
   * @param lastCommit the moment by the primary's clock
   * @param into the file or server
   * @param files that were made
   */
  public record Extracted(
      String table,
      Lsn replayed,
      Optional<Instant> lastCommit,
      Timeline timeline,
      Method method,
      long rows,
      String into,
      List<Path> files) {
    public Extracted {
      files = List.copyOf(files);
    }
  }

  /** Rows, and the files that they are in. */
  private record Copied(Method method, long rows, List<Path> files) {}

  public Extract(ReplicaSpec replica) {
    this.replica = replica;
    this.control = new ReplicaControl(replica);
  }

  /**
   * Copies it.
   *
   * @param as its name in the target; empty: the same
   * @throws TidemarkException POSTGRES_REFUSED where the replica replays, or the target does not
   *     want it; DIRECTORY_REFUSED where the file is there; TARGET_UNREACHABLE where the table is
   *     not; RECOVERY_UNPROVEN where it replayed meanwhile: the copy is not to be used
   */
  public Extracted run(TableName table, Into into, Optional<TableName> as) {
    Standing before = requireStill();
    Copied copied;
    Standing after;
    try (PostgresSession session = control.session(database(table))) {
      // Otherwise a policy would silently leave rows out.
      session.execute("SET row_security = off");
      // Replay holds the locks of transactions that had not ended where it stands.
      session.execute("SET lock_timeout = '10s'");
      TableShape shape = TableShape.read(session, table);
      copied = session.within(LIMIT, () -> unlocked(session, shape, into, as));
      after = control.standing(session);
    }
    if (!after.replayed().equals(before.replayed())) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "%s replayed from %s to %s while the table was read: the copy is of no one moment"
              .formatted(replica.name(), before.replayed(), after.replayed()),
          "Throw the copy away, and pause the replica first.");
    }
    return new Extracted(
        table.toString(),
        after.replayed(),
        after.lastCommit(),
        after.timeline(),
        copied.method(),
        copied.rows(),
        switch (into) {
          case Into.File(Path path) -> path.toString();
          case Into.Server(TargetServer server) -> server.toString();
        },
        copied.files());
  }

  private Copied unlocked(
      PostgresSession session, TableShape shape, Into into, Optional<TableName> as) {
    try {
      return copy(session, shape, into, as);
    } catch (PostgresException e) {
      if (!e.sqlState().equals(LOCK_NOT_AVAILABLE)) {
        throw e;
      }
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "%s is locked where %s stands, by a transaction that had not ended there"
              .formatted(shape.name(), replica.name()),
          "Earlier is only in the archive: tidemark restore. Later: tidemark replica advance; or,"
              + " for good, tidemark replica promote, which ends that transaction.",
          e);
    }
  }

  private String database(TableName table) {
    return table.database().orElseGet(() -> replica.self().database());
  }

  private Standing requireStill() {
    Standing now = control.standing();
    Pausing.requireStandby(replica, now);
    if (!now.isStill()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          now.running()
              ? "%s replays, and is at %s now: what is read would be of no one moment"
                  .formatted(replica.name(), now.replayed())
              : replica.name() + " does not run",
          "First: tidemark replica advance %1$s --before-xid X, or tidemark replica pause %1$s"
              .formatted(replica.name()));
    }
    return now;
  }

  private Copied copy(
      PostgresSession session, TableShape shape, Into into, Optional<TableName> as) {
    TableName name = as.orElse(shape.name());
    boolean plain = as.isEmpty() && !shape.partitioned();
    Optional<DumpPrograms> programs =
        plain ? DumpPrograms.find(control.server().installation()) : Optional.empty();
    return switch (into) {
      case Into.File(Path path) -> {
        requireNew(path);
        yield programs.isPresent()
            ? dump(session, programs.get(), shape, path)
            : copyToFile(session, shape, name, path);
      }
      case Into.Server(TargetServer server) ->
          programs.isPresent()
              ? restore(session, programs.get(), shape, server)
              : copyToServer(session, shape, name, server);
    };
  }

  private static void requireNew(Path path) {
    if (Files.exists(path)) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED, path + " is there already", "Name a file that is not.");
    }
  }

  private Copied dump(PostgresSession session, DumpPrograms programs, TableShape shape, Path path) {
    withSource(
        shape.name(),
        environment -> {
          Path part = path.resolveSibling(path.getFileName() + ".part");
          try {
            programs.dump(shape.name(), environment, part);
            DurableFiles.fsync(part);
            DurableFiles.rename(part, path);
          } finally {
            Files.deleteIfExists(part);
          }
        });
    return new Copied(Method.PG_DUMP, count(session, shape), List.of(path));
  }

  private Copied restore(
      PostgresSession session, DumpPrograms programs, TableShape shape, TargetServer server) {
    try (PostgresSession target = PostgresSession.open(server.endpoint())) {
      makeSchema(target, shape.name());
    }
    withSource(shape.name(), environment -> programs.copy(shape.name(), environment, server));
    return new Copied(Method.PG_DUMP, count(session, shape), List.of());
  }

  private static long count(PostgresSession session, TableShape shape) {
    return session
        .value("SELECT count(*) FROM " + shape.name().quoted())
        .map(Long::parseLong)
        .orElse(0L);
  }

  private Copied copyToFile(PostgresSession session, TableShape shape, TableName as, Path path) {
    Path sql = path.resolveSibling(path.getFileName() + ".sql");
    requireNew(sql);
    Path part = path.resolveSibling(path.getFileName() + ".part");
    try {
      long rows;
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 16)) {
        rows = session.copyOut(shape.copyOut(), out);
      }
      DurableFiles.fsync(part);
      String create =
          "%s;\n\\copy %s from '%s'\n"
              .formatted(shape.create(as), as.quoted(), path.toAbsolutePath());
      DurableFiles.write(sql, create.getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
      DurableFiles.rename(part, path);
      return new Copied(Method.COPY, rows, List.of(path, sql));
    } catch (IOException e) {
      throw cannotWrite(path, e);
    }
  }

  private static TidemarkException cannotWrite(Path path, IOException cause) {
    return new TidemarkException(
        ErrorCode.LOCAL_IO,
        path + " cannot be written: " + cause,
        "Check the directory and the disk.",
        cause);
  }

  /** In one transaction: a session that ends before its end leaves nothing. */
  private static Copied copyToServer(
      PostgresSession session, TableShape shape, TableName as, TargetServer server) {
    try (PostgresSession target = PostgresSession.open(server.endpoint())) {
      return target.within(LIMIT, () -> copyTransaction(session, shape, as, target));
    }
  }

  private static Copied copyTransaction(
      PostgresSession session, TableShape shape, TableName as, PostgresSession target) {
    try {
      makeSchema(target, as);
      target.execute("BEGIN");
      target.execute(shape.create(as));
      long rows = pump(session, shape, target, as);
      target.execute("COMMIT");
      return new Copied(Method.COPY, rows, List.of());
    } catch (TidemarkException e) {
      // Its transaction is aborted, or in the middle of COPY: nothing more can be said in it.
      target.close();
      throw e;
    }
  }

  private static long pump(
      PostgresSession session, TableShape shape, PostgresSession target, TableName as) {
    OutputStream into = target.copyIn(shape.copyIn(as));
    try {
      long rows = session.copyOut(shape.copyOut(), into);
      into.close();
      return rows;
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "the target did not take the rows: " + e.getMessage(),
          "Nothing of them is kept there.",
          e);
    }
  }

  private static void makeSchema(PostgresSession target, TableName as) {
    if (target
        .value("SELECT oid::text FROM pg_namespace WHERE nspname = ?", as.schema())
        .isEmpty()) {
      target.execute("CREATE SCHEMA " + TableName.quoted(as.schema()));
    }
  }

  /** What uses the environment of libpq's programs. */
  private interface Work {
    void with(Map<String, String> environment) throws IOException;
  }

  /** The password goes through a file of our own that is gone afterwards. */
  private void withSource(TableName table, Work work) {
    Path passfile = replica.home().directory().resolve("extract.passfile");
    try {
      work.with(environment(table, passfile));
    } catch (IOException e) {
      throw cannotWrite(passfile, e);
    } finally {
      remove(passfile);
    }
  }

  private static void remove(Path passfile) {
    try {
      Files.deleteIfExists(passfile);
    } catch (IOException e) {
      throw cannotWrite(passfile, e);
    }
  }

  private Map<String, String> environment(TableName table, Path passfile) throws IOException {
    PostgresEndpoint self = control.endpoint();
    HostPort host = self.hosts().getFirst();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PGHOST", host.host());
    environment.put("PGPORT", Integer.toString(host.port()));
    environment.put("PGUSER", self.user());
    environment.put("PGDATABASE", database(table));
    environment.put("PGAPPNAME", "tidemark_extract");
    environment.put("PGSSLMODE", self.tls().mode().word());
    self.tls().rootCertificate().ifPresent(p -> environment.put("PGSSLROOTCERT", p.toString()));
    self.tls().certificate().ifPresent(p -> environment.put("PGSSLCERT", p.toString()));
    self.tls().key().ifPresent(p -> environment.put("PGSSLKEY", p.toString()));
    Optional<String> password = self.password().read(host, database(table), self.user());
    if (password.isPresent()) {
      String line = "*:*:*:*:" + password.get().replace("\\", "\\\\").replace(":", "\\:") + "\n";
      DurableFiles.write(passfile, line.getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
      environment.put("PGPASSFILE", passfile.toString());
    }
    return environment;
  }
}
