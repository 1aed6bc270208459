package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A delayed standby that holds WAL which it has not applied, let go up to the end of it: by
 * command, and by a restart of the same server without the delay and without a target.
 */
final class AdvancePart {
  static final String PLAIN = "restart without delay";

  private static final String NAME = "late";
  private static final Pattern REDO = line("redo starts at");
  private static final Pattern STOPPED = line("recovery (?:stopping|has paused)");
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT);

  private final Scene scene;
  private final StandbyServers server;
  private final Path config;

  AdvancePart(Scene scene) {
    this.scene = scene;
    this.server = new StandbyServers(scene, NAME);
    String log = "log: " + server.log();
    this.config = scene.home().withReplicas(NAME, server.yaml("kind: delayed", "delay: 1d", log));
  }

  /** The whole programs, and the replay in them. */
  List<Result> run() {
    scene.home().requireBackup();
    scene.home().drain();
    scene.shell().run(scene.program().createReplica(config, NAME));
    Backlog backlog = Backlog.make(scene.database(), scene.walBytes());
    keepBeginning(backlog);
    List<Advanced> contestants =
        List.of(
            new Advanced(
                "Tidemark", scene.program().advance(config, NAME, backlog.to()), backlog, true),
            new Advanced(
                PLAIN,
                List.of(
                    "sh",
                    "-c",
                    server.stop("fast") + " && " + server.start("recovery_min_apply_delay=0")),
                backlog,
                false));
    Result whole = scene.rounds().run(Result.Task.ADVANCE, backlog.bytes(), contestants);
    return List.of(whole, replay(backlog, contestants, whole));
  }

  private static Result replay(Backlog backlog, List<Advanced> contestants, Result whole) {
    List<Row> rows =
        contestants.stream()
            .map(each -> new Row(each.name(), each.replays(whole), each.storedBytes()))
            .toList();
    return new Result(Result.Task.ADVANCE_REPLAY, backlog.bytes(), rows);
  }

  /**
   * The standby with all of the backlog received and none of it applied, and what is known of it.
   */
  private void keepBeginning(Backlog backlog) {
    scene
        .database()
        .awaitTrue(
            "SELECT flush_lsn >= '%s' FROM pg_stat_replication WHERE application_name = 'tidemark_%s'"
                .formatted(backlog.to(), NAME));
    scene.shell().script(server.stop("fast"));
    scene
        .shell()
        .script(
            "cd .. && cp -a %1$s %1$s-begin && cp -a %1$s-state %1$s-state-begin".formatted(NAME));
  }

  private void begin() {
    server.end();
    scene
        .shell()
        .script(
            "cd .. && rm -rf %1$s %1$s-state %1$s.log && cp -a %1$s-begin %1$s && cp -a %1$s-state-begin %1$s-state"
                    .formatted(NAME)
                + " && "
                + server.start());
    Await.until("it answers", () -> replayed("0/0"));
  }

  /** Whether it has replayed so far; false also where it does not answer yet. */
  private boolean replayed(String lsn) {
    return isTrue("SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(lsn));
  }

  private boolean isTrue(String sql) {
    TestCluster primary = scene.database().cluster();
    String jdbc =
        "jdbc:postgresql://127.0.0.1:%d/postgres?user=%s".formatted(server.port(), primary.user());
    try (var connection = DriverManager.getConnection(jdbc);
        var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      return result.next() && result.getBoolean(1);
    } catch (SQLException notYet) {
      return false;
    }
  }

  private static Pattern line(String text) {
    return Pattern.compile("(?m)^(\\S+ \\S+) UTC .*" + text + ".*$");
  }

  private final class Advanced implements Contestant {
    private final String name;
    private final List<String> command;
    private final Backlog backlog;
    private final boolean stops;
    private final List<Double> replays = new ArrayList<>();

    /**
     * @param stops whether its server says in its log when it was there
     */
    Advanced(String name, List<String> command, Backlog backlog, boolean stops) {
      this.name = name;
      this.command = command;
      this.backlog = backlog;
      this.stops = stops;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      begin();
      scene.work().settle();
      long logged = log().length();
      List<Process> started = new ArrayList<>();
      Measured measured =
          scene
              .meter()
              .work(
                  scene.database().server(),
                  () -> ProcFs.named(server.directory().toString()),
                  () -> {
                    started.add(scene.shell().start(command));
                    scene.shell().awaitSuccess(started.getFirst(), command);
                    Await.until("all is replayed", () -> replayed(backlog.to()));
                  });
      Instant end = Instant.now();
      String said = log().substring((int) logged);
      Instant stopped = stops ? stamp(STOPPED, said) : end;
      replays.add(Duration.between(stamp(REDO, said), stopped).toMillis() / 1000.0);
      server.end();
      return measured;
    }

    /** Of the runs that count: the last ones. */
    List<Measured> replays(Result whole) {
      List<Measured> runs = whole.row(name).orElseThrow().runs();
      int first = replays.size() - runs.size();
      List<Measured> alone = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        alone.add(runs.get(i).withSeconds(replays.get(first + i)));
      }
      return alone;
    }
  }

  private String log() {
    try {
      return new String(Files.readAllBytes(server.log()), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Instant stamp(Pattern pattern, String log) {
    Matcher matcher = pattern.matcher(log);
    if (!matcher.find()) {
      throw new IllegalStateException("the server's log has no line " + pattern + ":\n" + log);
    }
    return LocalDateTime.parse(matcher.group(1), STAMP).toInstant(ZoneOffset.UTC);
  }
}
