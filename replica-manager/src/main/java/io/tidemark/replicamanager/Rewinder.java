package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PendingFile;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.replicamanager.ReplicaState.Work;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.SegmentContent;
import io.tidemark.restore.StagedWal;
import io.tidemark.restore.StandbyFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back, with pg_rewind, what a replica (or a former primary) has and the primary has not, and
 * makes a standby of it. The server is left stopped.
 *
 * <p>pg_rewind changes files in place and cannot go on after it was broken off: a trial run comes
 * first, and from the real run's begin to its end the directory counts as unfinished.
 */
final class Rewinder {
  private static final Logger LOG = LoggerFactory.getLogger(Rewinder.class);
  private static final Duration FETCHER_LIMIT = Duration.ofSeconds(30);
  private static final Duration REWIND_LIMIT = Duration.ofHours(6);

  /** How often the trial may end by missing WAL; each time a batch of older segments is fetched. */
  private static final int TRIALS = 64;

  private static final int BATCH = 16;

  /** Of pg_rewind, as xlogreader and parsexlog.c say it. */
  private static final Pattern MISSING =
      Pattern.compile("could not open file \"[^\"]*?/([0-9A-F]{24})\"");

  /** Of libpq: what it says where a server is away, which another time may not be. */
  private static final Pattern UNREACHABLE =
      Pattern.compile(
          "connection to server .*failed|could not connect to server"
              + "|connection (has been )?closed|closed the connection|terminating connection"
              + "|could not (receive data from|send data to) server|no connection to the server");

  private final ReplicaSpec replica;
  private final ClusterRepository repository;

  Rewinder(ReplicaSpec replica, ClusterRepository repository) {
    this.replica = replica;
    this.repository = repository;
  }

  /**
   * Does it.
   *
   * @throws TidemarkException POSTGRES_UNREACHABLE where the primary is; SOFTWARE_MISSING where
   *     there is no pg_rewind; POSTGRES_REFUSED with what it needs or said; DIRECTORY_REFUSED where
   *     the directory is not ours
   */
  void run(Map<String, String> settings) {
    ReplicaState state = new Ownership(replica).requireOurs();
    StandbyServer server = StandbyServer.of(replica);
    Path program = server.installation().program("pg_rewind");
    ControlFile control = ControlFileReader.read(replica.directory());
    requireTraces(control);
    requireCheckpoint(replica.primary().orElseThrow(this::notConnected));
    replica.home().write(state.with(Work.REJOINING));
    server.stop();
    endInOrder(server);
    StagedWal.remove(replica.directory(), FETCHER_LIMIT);
    Passfile.write(replica);
    rehearse(program);
    replica.home().write(state.with(Work.BUILDING));
    LocalCommand.Result result = rewind(program, List.of());
    if (result.exitCode() != 0) {
      throw refused(result);
    }
    LOG.info("replica {}: {}", replica.name(), lastLine(result));
    if (result.output().contains("no rewind required")) {
      // What it has replayed is right; what it has received beyond may not be.
      LeftWal.of(replica.primary().orElseThrow(), control.walSegmentSize())
          .removeFrom(replica.directory());
    }
    finish(state, settings);
  }

  /** pg_rewind's documentation: how it knows every page that was changed. */
  private void requireTraces(ControlFile control) {
    if (control.dataChecksumVersion() == 0 && !control.walLogHints()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          replica.directory()
              + " has neither data checksums nor wal_log_hints: it cannot be rewound",
          "tidemark replica rebuild " + replica.name());
    }
  }

  /**
   * pg_rewind reads the primary's timeline from pg_control, which follows a promotion only at the
   * next checkpoint; before, it finds nothing to rewind.
   */
  private static void requireCheckpoint(PostgresEndpoint primary) {
    try (PostgresSession session = PostgresSession.open(primary)) {
      Optional<Timeline> written =
          session
              .value("SELECT timeline_id FROM pg_control_checkpoint()")
              .map(text -> new Timeline(Integer.parseInt(text)));
      if (!written.equals(Optional.of(session.currentTimeline()))) {
        session.within(
            Duration.ofMinutes(30),
            () -> {
              session.checkpoint();
              return true;
            });
      }
    }
  }

  /** A standby that crashed: pg_rewind itself can only end a primary's crash in order. */
  private void endInOrder(StandbyServer server) {
    boolean standby = Files.exists(replica.directory().resolve("standby.signal"));
    if (standby && !ControlFileReader.read(replica.directory()).state().isShutDown()) {
      replica.walGet().install(replica.directory());
      server.start();
      server.stop();
    }
  }

  /** Runs it without effect until all the WAL that it needs is there. */
  private void rehearse(Path program) {
    for (int trial = 1; ; trial++) {
      LocalCommand.Result result = rewind(program, List.of("--dry-run"));
      if (result.exitCode() == 0) {
        return;
      }
      Matcher missing = MISSING.matcher(result.output());
      if (trial == TRIALS || !missing.find() || !fetch(missing.group(1))) {
        throw refused(result);
      }
    }
  }

  /** Puts a segment, and those before it, into pg_wal; false where the archive has it not. */
  private boolean fetch(String name) {
    WalSegment segment = WalSegment.parse(name, repository.identity().walSegmentSize());
    boolean found = false;
    for (int i = 0; i < BATCH; i++) {
      Path file = replica.directory().resolve("pg_wal").resolve(segment.name());
      if (Files.exists(file)
          || !(repository.wal().read(segment) instanceof SegmentContent.Whole(ByteBuffer raw))) {
        return found;
      }
      write(file, raw);
      found = true;
      if (segment.number() == 0) {
        return true;
      }
      segment = new WalSegment(segment.timeline(), segment.number() - 1, segment.size());
    }
    return true;
  }

  private void write(Path file, ByteBuffer content) {
    try (PendingFile pending = DurableFiles.begin(file, DurableFiles.PRIVATE)) {
      pending.setOwner(Files.getOwner(replica.directory()));
      pending.write(content);
      pending.commit();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, file + " cannot be written: " + e, "Check the disk.", e);
    }
  }

  private LocalCommand.Result rewind(Path program, List<String> more) {
    Path directory = replica.directory();
    var command =
        new java.util.ArrayList<>(
            List.of(
                "env",
                "LC_ALL=C",
                program.toString(),
                "--target-pgdata=" + directory,
                "--source-server="
                    + Conninfo.ofPrimary(replica, replica.primary().orElseThrow().database())));
    command.addAll(more);
    return LocalCommand.run(LocalCommand.asOwnerOf(directory, command), directory, REWIND_LIMIT);
  }

  /** It has copied the primary's settings, and removed what the primary has not. */
  private void finish(ReplicaState state, Map<String, String> settings) {
    Path directory = replica.directory();
    try {
      ReplicaHome.mark(directory, state.buildId());
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, directory + " cannot be marked: " + e, "Check the disk.", e);
    }
    replica.walGet().install(directory);
    StandbyFiles.makeStandby(directory, settings);
    replica.home().write(state.with(Work.NONE));
  }

  private TidemarkException notConnected() {
    return new TidemarkException(
        ErrorCode.POSTGRES_REFUSED,
        "the replica " + replica.name() + " has no connection to the primary: it cannot be rewound",
        "tidemark replica rebuild " + replica.name());
  }

  private TidemarkException refused(LocalCommand.Result result) {
    return new TidemarkException(
        UNREACHABLE.matcher(result.output()).find()
            ? ErrorCode.POSTGRES_UNREACHABLE
            : ErrorCode.POSTGRES_REFUSED,
        "pg_rewind failed in %s: %s".formatted(replica.directory(), result.output().strip()),
        "If it lacks a privilege: GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean),"
            + " pg_stat_file(text, boolean), pg_read_binary_file(text),"
            + " pg_read_binary_file(text, bigint, bigint, boolean) TO \"%s\"; else: tidemark replica rebuild %s"
                .formatted(
                    replica.primary().map(PostgresEndpoint::user).orElse(""), replica.name()));
  }

  private static String lastLine(LocalCommand.Result result) {
    return result.output().lines().reduce("", (_, line) -> line);
  }
}
