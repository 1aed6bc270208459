package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.daemon.Cli.Result;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.store.StoreObserver;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The commands against a real server, each test with a repository and a slot of its own. */
final class ClusterCommandsTest {
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(17);
  private static final TestCluster cluster =
      TestCluster.builder(BINARIES).setting("max_slot_wal_keep_size", "1GB").start();
  private static int tests;

  @RegisterExtension final LogWatch log = new LogWatch();

  private final TemporaryDirectory home = TemporaryDirectory.create("tm-cli-");
  private final String slot = "cli_" + ++tests;
  private final Cli cli = new Cli(home.path());

  @BeforeAll
  static void start() {
    System.setProperty("tidemark.launcher", "/bin/true");
  }

  @AfterAll
  static void stop() {
    System.clearProperty("tidemark.launcher");
    cluster.close();
  }

  @BeforeEach
  void configure() {
    cli.configure(cluster, archive(""));
  }

  @AfterEach
  void clean() {
    cluster.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            + " WHERE slot_name = '"
            + slot
            + "'");
    home.close();
  }

  private String archive(String more) {
    return "archive: {slot: " + slot + ", application-name: " + slot + more + "}";
  }

  private static JsonNode finding(Result result, String check) {
    for (JsonNode each : result.json().at("/clusters/0/findings")) {
      if (each.get("check").asText().equals(check)) {
        return each;
      }
    }
    throw new AssertionError("no finding " + check + " in " + result.out());
  }

  /** Archives with the configuration of the command line for as long as it is open. */
  private final class Archiving implements AutoCloseable {
    private final Wiring wiring;
    private final WalArchiver archiver;
    private final Thread thread;

    Archiving() {
      Configuration configuration = Configuration.load(cli.config());
      ClusterSettings settings = configuration.cluster("shop");
      wiring = new Wiring(configuration, _ -> StoreObserver.none());
      archiver =
          new WalArchiver(
              settings.archive(),
              Wiring.primary(settings),
              wiring.repository(settings),
              home.path().resolve("spool"),
              new ArchiverLog("shop"));
      thread = Thread.ofPlatform().start(archiver::run);
    }

    /** A command that looks before says that nobody archives. */
    void awaitActive() {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  cluster
                      .value(
                          "SELECT active::text FROM pg_replication_slots WHERE slot_name = '"
                              + slot
                              + "'")
                      .equals("true"));
    }

    @Override
    public void close() {
      archiver.close();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      wiring.close();
    }
  }

  @Test
  void initMakesTheRepositoryAndTheSlotAndCanBeRunAgain() {
    Result first = cli.run("init", "--json");
    List<String> after = cli.tree();
    Result second = cli.run("init", "--json");

    assertThat(first.err()).isEmpty();
    assertThat(first.exitCode()).isZero();
    assertThat(first.json().at("/clusters/0/created").asBoolean()).isTrue();
    assertThat(first.json().at("/clusters/0/slot").asText()).isEqualTo(slot);
    assertThat(second.exitCode()).isZero();
    assertThat(second.json().at("/clusters/0/created").asBoolean()).isFalse();
    assertThat(cli.tree()).isEqualTo(after);
    assertThat(
            cluster.value(
                "SELECT wal_status FROM pg_replication_slots WHERE slot_name='" + slot + "'"))
        .isEqualTo("reserved");
  }

  @Test
  void initMakesAKeyFileOnlyWhenAskedTo() {
    Path key = home.path().resolve("here.key");
    cli.configure(
        cluster.port(),
        cluster.user(),
        cli.repository(),
        "encryption: {key-file: " + key + "}",
        archive(""));

    Result without = cli.run("init");
    assertThat(without.exitCode()).isEqualTo(11);
    assertThat(without.err()).contains("--generate-key");
    assertThat(cli.tree()).hasSize(1);

    assertThat(cli.run("init", "--generate-key").exitCode()).isZero();
    assertThat(key).exists();
    assertThat(cli.run("init", "--generate-key").out()).contains("is there already");
    assertThat(cli.run("status", "--json").json().at("/clusters/0/encrypted").asBoolean()).isTrue();

    Path fresh = home.path().resolve("fresh.key");
    Result rotated = cli.run("key", "rotate", "shop", "--to", fresh.toString(), "--data-key");
    assertThat(rotated.exitCode()).isZero();
    cli.configure(
        cluster.port(),
        cluster.user(),
        cli.repository(),
        "encryption: {key-file: " + fresh + "}",
        archive(""));
    assertThat(cli.run("status").exitCode()).isZero();
  }

  @Test
  void checkPassesOnAClusterThatIsInOrder() throws Exception {
    cli.run("init");
    try (Archiving archiving = new Archiving()) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> finding(cli.run("check", "--json"), "slot").get("level").asText(),
              "ok"::equals);
      assertThat(archiving.thread.isAlive()).isTrue();
      Result result = cli.run("check");

      assertThat(result.out()).doesNotContain("FAIL").doesNotContain("warn");
      assertThat(result.exitCode()).isZero();
    }
  }

  @Test
  void checkNamesWhatIsMissingWithTheSql() {
    cluster.sql("DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN");
    cli.configure(cluster.port(), "weak", cli.repository(), "", archive(", method: push"));

    Result result = cli.run("check", "--json");

    assertThat(result.exitCode()).isEqualTo(52);
    assertThat(result.json().get("passed").asBoolean()).isFalse();
    assertThat(finding(result, "role").get("change").asText())
        .contains("GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO \"weak\";");
    assertThat(finding(result, "archive_mode").get("change").asText()).contains("wal-push");
    assertThat(finding(result, "data-directory").get("level").asText()).isEqualTo("fail");
    assertThat(finding(result, "store").get("level").asText()).isEqualTo("fail");
    assertThat(cli.repository()).doesNotExist();
  }

  @Test
  void statusTellsOfTheRepositoryWhenThePrimaryIsDown() {
    cli.run("init");
    cli.configure(FreePort.find(), "postgres", cli.repository(), "", archive(""));

    Result result = cli.run("status", "--json");

    assertThat(result.exitCode()).isZero();
    JsonNode status = result.json().at("/clusters/0");
    assertThat(status.at("/server/reachable").asBoolean()).isFalse();
    assertThat(status.at("/server/problem").asText()).isNotEmpty();
    assertThat(status.at("/archive/behindBytes").isNull()).isTrue();
    assertThat(cli.run("status").out()).contains("cannot be asked", "unknown");
  }

  @Test
  void refusesAnotherClustersPartOfARepositoryAndWritesNothing() throws Exception {
    cli.run("init");
    edit("\"systemId\"\\s*:\\s*\"\\d+\"", "\"systemId\":\"7000000000000000001\"");
    List<String> before = cli.tree();

    assertThat(cli.run("init").exitCode()).isEqualTo(22);
    assertThat(cli.run("backup", "shop").exitCode()).isEqualTo(22);
    assertThat(finding(cli.run("check", "--json"), "repository").get("found").asText())
        .contains("7000000000000000001");
    assertThat(cli.run("status").out()).contains("7000000000000000001");
    assertThat(leftOf(cli.tree())).isEqualTo(leftOf(before));
  }

  /** Leases come and go. */
  private static List<String> leftOf(List<String> tree) {
    return tree.stream().filter(path -> !path.contains("/leases")).toList();
  }

  @Test
  void refusesARepositoryOfANewerFormat() throws Exception {
    cli.run("init");
    edit("\"format\"\\s*:\\s*1", "\"format\":2");
    List<String> before = cli.tree();

    for (String line : List.of("status", "init", "backup shop", "expire shop", "wal list shop")) {
      assertThat(cli.run(line.split(" ")).exitCode()).as(line).isEqualTo(34);
    }
    assertThat(cli.tree()).isEqualTo(before);
  }

  @Test
  void refusesARepositoryThatIsDamagedOrOfSomebodyElse() throws Exception {
    cli.run("init");
    Files.writeString(cli.repository().resolve("shop/cluster.json"), "not ours");

    assertThat(cli.run("status").exitCode()).isEqualTo(33);
    assertThat(cli.run("init").exitCode()).isEqualTo(33);
  }

  @Test
  void refusesARepositoryThatCannotBeWritten() {
    Path readOnly = OsUser.isRoot() ? Path.of("/sys/tidemark") : unwritable();
    cli.configure(cluster.port(), cluster.user(), readOnly, "", archive(""));

    Result result = cli.run("init");

    assertThat(result.exitCode()).isEqualTo(31);
    assertThat(cluster.rows("SELECT 1 FROM pg_replication_slots WHERE slot_name='" + slot + "'"))
        .isEmpty();
  }

  private Path unwritable() {
    Path parent = home.path().resolve("closed");
    assertThat(parent.toFile().mkdir()).isTrue();
    assertThat(parent.toFile().setWritable(false)).isTrue();
    return parent.resolve("repository");
  }

  private void edit(String regex, String replacement) throws Exception {
    Path file = cli.repository().resolve("shop/cluster.json");
    String before = Files.readString(file);
    file.toFile().setWritable(true);
    Files.writeString(file, before.replaceFirst(regex, replacement));
    assertThat(Files.readString(file)).isNotEqualTo(before);
  }

  @Test
  void backsUpAndRestoresAndProvesIt() throws Exception {
    cli.run("init");
    try (Archiving archiving = new Archiving()) {
      archiving.awaitActive();
      cluster.sql("DROP TABLE IF EXISTS story", "CREATE TABLE story (n int)");
      Result backup =
          cli.run("backup", "shop", "--checkpoint", "fast", "--json", "--progress", "never");
      assertThat(backup.err()).isEmpty();
      assertThat(backup.exitCode()).isZero();
      cluster.sql("INSERT INTO story VALUES (1)", "SELECT pg_create_restore_point('before')");
      String time = cluster.value("SELECT clock_timestamp()::text");
      cluster.sql("INSERT INTO story VALUES (2)");
      String end = cluster.value("SELECT pg_current_wal_lsn()");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> archiving.archiver.status().durable().isAtLeast(Lsn.parse(end)));

      statusShowsIt(backup.json().get("label").asText());
      refusals();
      restoresTo(time);
      recoversWhenItIsStartedByHand();
    }
    verifies();
    expires();
  }

  private void statusShowsIt(String label) {
    JsonNode status = cli.run("status", "--json").json().at("/clusters/0");
    assertThat(status.at("/backups/0/label").asText()).isEqualTo(label);
    assertThat(status.at("/restorable/0/from").asText()).endsWith("Z");
    assertThat(status.at("/restorable/0/to").asText()).endsWith("Z");
    assertThat(status.at("/archive/behindBytes").asLong()).isLessThan(1 << 20);
    assertThat(status.at("/server/slot/active").asBoolean()).isTrue();
    assertThat(cli.run("status").out()).contains(label, "active");
    Result wal = cli.run("wal", "list", "shop", "--json");
    assertThat(wal.json().at("/timelines/0/stretches/0/restorePoints/0/name").asText())
        .isEqualTo("before");
    assertThat(cli.run("wal", "list", "shop", "--segments").out()).contains("00000001");
  }

  private void refusals() throws Exception {
    String to = home.path().resolve("never").toString();
    Result late = cli.run("restore", "shop", "--to", to, "--time", "2199-01-01 00:00Z");
    assertThat(late.exitCode()).isEqualTo(40);
    assertThat(late.err()).contains("no transaction ended after", "the last restorable moment is");
    Result early = cli.run("restore", "shop", "--to", to, "--time", "2020-01-01 00:00Z");
    assertThat(early.exitCode()).isEqualTo(40);
    assertThat(early.err()).contains("before the end of the oldest backup");
    Result name = cli.run("restore", "shop", "--to", to, "--name", "nowhere", "--json");
    assertThat(name.json().at("/error/code").asText()).isEqualTo("TARGET_UNREACHABLE");
    assertThat(cli.run("restore", "shop", "--to", to, "--timeline", "9").exitCode()).isEqualTo(40);
    assertThat(Path.of(to)).doesNotExist();
    Path full = Files.createDirectory(home.path().resolve("full"));
    Files.writeString(full.resolve("precious"), "mine");
    Result refused = cli.run("restore", "shop", "--to", full.toString());
    assertThat(refused.exitCode()).isEqualTo(42);
    assertThat(full.toFile().list()).containsExactly("precious");
  }

  private void restoresTo(String time) throws Exception {
    Path to = home.path().resolve("restored");
    Result plan = cli.run("restore", "shop", "--to", to.toString(), "--time", time, "--plan");
    assertThat(plan.exitCode()).isZero();
    assertThat(plan.out()).contains("target", "estimate", "assumed");
    assertThat(to).doesNotExist();

    int port = FreePort.find();
    List<String> line =
        new ArrayList<>(
            List.of("restore", "shop", "--to", to.toString(), "--time", time, "--start", "--json"));
    line.addAll(List.of("--port", "" + port, "--bin-directory", BINARIES.bin().toString()));
    OsUser.forServers().ifPresent(user -> line.addAll(List.of("--owner", user.name())));
    Result result = cli.run(line.toArray(String[]::new));
    try {
      assertThat(result.err()).isEmpty();
      assertThat(result.exitCode()).isZero();
      assertThat(result.json().at("/proof/state").asText()).isEqualTo("promoted");
      assertThat(result.json().at("/proof/port").asInt()).isEqualTo(port);
      assertThat(storyOn(port)).containsExactly("1");
    } finally {
      new PostgresServer(PostgresInstallation.find(17, List.of(BINARIES.bin())), to)
          .stop(PostgresServer.StopMode.FAST, Duration.ofMinutes(1));
    }
  }

  /** What restore_command would start, here in this process. */
  private void recoversWhenItIsStartedByHand() throws Exception {
    Path to = home.path().resolve("by-hand");
    List<String> line = new ArrayList<>(List.of("restore", "shop", "--to", to.toString()));
    line.addAll(List.of("--bin-directory", BINARIES.bin().toString(), "--progress", "never"));
    OsUser.forServers().ifPresent(user -> line.addAll(List.of("--owner", user.name())));
    Result result = cli.run(line.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("pg_ctl -D " + to);

    AtomicReference<Result> fetched = new AtomicReference<>(new Result(-1, "", ""));
    Thread fetching =
        Thread.ofPlatform()
            .start(
                () ->
                    fetched.set(
                        cli.run(
                            "wal-fetch",
                            "--data-directory",
                            to.toString(),
                            "--mode",
                            "restore",
                            "shop")));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.exists(to.resolve("pg_wal/tidemark/fetcher.pid")));
    int port = FreePort.find();
    PostgresServer server =
        new PostgresServer(PostgresInstallation.find(17, List.of(BINARIES.bin())), to);
    try {
      server.start(Map.of("port", "" + port), to.resolve("server.log"), Duration.ofMinutes(1));
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> !Files.exists(to.resolve("recovery.signal")));
      assertThat(storyOn(port)).containsExactly("1", "2");
      fetching.join(Duration.ofSeconds(20));
      assertThat(fetched.get().exitCode()).as(fetched.get().err()).isZero();
    } finally {
      server.stop(PostgresServer.StopMode.FAST, Duration.ofMinutes(1));
    }
  }

  private void verifies() throws Exception {
    Result sound = cli.run("verify", "shop", "--json");
    assertThat(sound.exitCode()).as(sound.out()).isZero();
    assertThat(sound.json().at("/backups").asInt()).isOne();
    assertThat(cli.run("wal", "verify", "shop").out()).contains("sound");

    Path pack = find(".pack");
    byte[] whole = Files.readAllBytes(pack);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    pack.toFile().setWritable(true);
    Files.write(pack, damaged);
    Result broken = cli.run("verify", "shop");
    Files.write(pack, whole);
    assertThat(broken.exitCode()).isEqualTo(51);
    assertThat(broken.out()).contains("ERROR", pack.getFileName().toString(), "DAMAGED");
  }

  private Path find(String suffix) throws Exception {
    try (Stream<Path> files = Files.walk(cli.repository())) {
      return files.filter(file -> file.toString().endsWith(suffix)).findFirst().orElseThrow();
    }
  }

  private static List<String> storyOn(int port) throws Exception {
    List<String> rows = new ArrayList<>();
    try (var connection =
            java.sql.DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "");
        var statement = connection.createStatement();
        var result = statement.executeQuery("SELECT n FROM story ORDER BY n")) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  private void expires() {
    List<String> before = cli.tree();
    Result dry = cli.run("expire", "shop", "--dry-run");
    assertThat(dry.exitCode()).isZero();
    assertThat(dry.out()).contains("keeps", "--dry-run");
    assertThat(cli.tree()).isEqualTo(before);
    assertThat(cli.run("expire", "shop", "--json").json().at("/removed/backups").asInt()).isZero();
  }

  @Test
  void findsNoClusterThatWasNotInitialised() {
    assertThat(cli.repository().toFile().mkdir()).isTrue();

    assertThat(Stream.of("status", "backup shop").map(l -> cli.run(l.split(" ")).exitCode()))
        .containsOnly(30);
  }
}
