package io.tidemark.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.EmbeddedS3;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One demo: everything that it starts and makes ends with it. Tidemark itself runs as its users run
 * it, as other processes; this one plays the shop, the accident and the auditor.
 */
final class Demo {
  private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(1);

  /** How long it takes until somebody asks where the orders are. */
  private static final Duration NOTICE = Duration.ofSeconds(2);

  private final DemoOptions options;
  private final Story story;
  private final Cleanup cleanup = new Cleanup();

  Demo(DemoOptions options, Story story) {
    this.options = options;
    this.story = story;
  }

  /**
   * Runs it all.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN where the restored cluster is not what it must be
   */
  DemoReport run() {
    try (cleanup) {
      try {
        return perform();
      } catch (InterruptedException e) {
        throw interrupted(e);
      } catch (RuntimeException e) {
        throw Thread.currentThread().isInterrupted() ? interrupted(e) : e;
      } finally {
        story.endLine();
        clearInterrupt();
      }
    }
  }

  /** Closing waits for processes, which an interrupted thread cannot. */
  private static boolean clearInterrupt() {
    return Thread.interrupted();
  }

  private DemoReport perform() throws InterruptedException {
    DemoHome home = cleanup.add(DemoHome.create());
    story.line("A shop, an accident and the way back. All of it is in %s", home.path());
    story.line("");
    TestCluster primary = openShop(home);
    int httpPort = FreePort.find();
    Program program = protect(home, primary, httpPort);
    DaemonProcess daemon = cleanup.add(program.daemon(httpPort));
    DurabilityMeter meter = cleanup.add(DurabilityMeter.of(primary));
    meter.await(end(primary), ARCHIVE_LIMIT, daemon);
    story.tell("a daemon takes the shop's WAL into %s, every second", repositoryName());

    meter.begin();
    Shoppers shoppers = cleanup.add(Shoppers.let(primary));
    long opened = System.nanoTime();
    DemoReport.Backup backup = backUp(program);
    sell(shoppers, opened + TimeUnit.SECONDS.toNanos(options.seconds()));
    Accident accident = accident(primary);
    DemoReport.Workload workload = notice(shoppers);
    meter.await(accident.end(), ARCHIVE_LIMIT, daemon);
    DemoReport.Rpo rpo = meter.report();

    DemoReport.Restored restored = restore(home, program, accident);
    DemoReport.Comparison comparison = compare(accident, restored.port());
    DemoReport report =
        new DemoReport(
            primary.binaries().version(),
            options.s3() ? "s3" : "posix",
            home.path().toString(),
            workload,
            rpo,
            backup,
            accident.report(),
            restored,
            comparison,
            Units.rounded(story.seconds()));
    Ending.tell(story, report);
    requireSame(comparison);
    if (options.keep()) {
      new Visit(story, home, primary, restored.port(), daemon).untilEnded();
    }
    return report;
  }

  private TestCluster openShop(DemoHome home) {
    story.step("Shop");
    PostgresBinaries binaries = PostgresBinaries.of(options.major(), home.resolve("postgres"));
    TestCluster primary =
        cleanup.add(
            TestCluster.builder(binaries)
                .parent(home.path())
                .setting("shared_buffers", "64MB")
                .start());
    Shop.open(primary);
    story.tell(
        "PostgreSQL %s: %,d customers, %,d orders, %s",
        binaries.version(), Shop.CUSTOMERS, Shop.ORDERS, Units.bytes(Shop.bytes(primary)));
    return primary;
  }

  /** Installs and configures Tidemark, and makes the cluster's part of the repository. */
  private Program protect(DemoHome home, TestCluster primary, int httpPort) {
    story.step("Protection");
    if (options.s3()) {
      Path objects = home.makeDirectory("s3");
      Settings.write(home, primary, httpPort, cleanup.add(EmbeddedS3.start(objects)));
    } else {
      Settings.write(home, primary, httpPort);
    }
    Program program = Program.install(home);
    program.run("init", Settings.CLUSTER);
    return program;
  }

  private String repositoryName() {
    return options.s3() ? "a repository on an S3 server" : "a repository in a folder";
  }

  private DemoReport.Backup backUp(Program program) {
    story.step("Backup");
    JsonNode backup = program.run("backup", Settings.CLUSTER);
    long bytes = backup.path("bytes").asLong();
    double seconds = backup.path("took").asDouble();
    DemoReport.Backup report =
        new DemoReport.Backup(
            backup.path("label").asText(),
            backup.path("files").asLong(),
            bytes,
            backup.path("storedBytes").asLong(),
            seconds,
            Units.rounded(bytes / seconds));
    story.tell(
        "%s in %.1f s (%s), %s stored, while the shop goes on selling",
        Units.bytes(bytes), seconds, Units.rate(bytes, seconds), Units.bytes(report.storedBytes()));
    return report;
  }

  private void sell(Shoppers shoppers, long until) throws InterruptedException {
    story.step("Business");
    TimeUnit.NANOSECONDS.sleep(until - System.nanoTime());
    shoppers.requireShopping();
    story.tell(
        "%,d transactions so far, %.0f a second", shoppers.committed(), shoppers.perSecond());
  }

  private Accident accident(TestCluster primary) {
    story.step("Accident");
    Accident accident = Accident.happenTo(primary);
    story.tell(
        "%s: transaction %d, %s",
        Accident.STATEMENT, accident.xid(), Units.time(accident.at().toString()));
    return accident;
  }

  private DemoReport.Workload notice(Shoppers shoppers) throws InterruptedException {
    story.step("Noticed");
    TimeUnit.NANOSECONDS.sleep(NOTICE.toNanos());
    shoppers.requireShopping();
    story.tell("%,d orders refused: relation \"orders\" does not exist", shoppers.refused());
    return new DemoReport.Workload(
        shoppers.committed(), Units.rounded(shoppers.perSecond()), shoppers.refused());
  }

  private DemoReport.Restored restore(DemoHome home, Program program, Accident accident) {
    story.step("Restore");
    Path directory = home.resolve("restored");
    int port = FreePort.find();
    List<String> command = new ArrayList<>(List.of("restore", Settings.CLUSTER));
    command.addAll(List.of("--to", directory.toString(), "--xid", "" + accident.xid()));
    command.addAll(List.of("--exclusive", "--start"));
    story.tell("tidemark %s", String.join(" ", command).replace(home.path() + "/", ""));
    command.addAll(List.of("--port", "" + port));
    double began = story.seconds();
    JsonNode restore = program.run(command.toArray(String[]::new));
    return restored(restore, story.seconds() - began, port);
  }

  private static DemoReport.Restored restored(JsonNode restore, double seconds, int port) {
    JsonNode plan = restore.path("plan");
    JsonNode files = restore.path("files");
    JsonNode proof = restore.path("proof");
    return new DemoReport.Restored(
        plan.path("target").asText(),
        Units.rounded(seconds),
        files.path("took").asDouble(),
        proof.path("took").asDouble(),
        files.path("bytes").asLong(),
        plan.path("walBytes").asLong(),
        proof.path("mustReach").asText(),
        proof.path("reached").asText(),
        proof.path("lastTransaction").asText(),
        proof.path("frontier").asText(),
        proof.path("unreadBytes").asLong(),
        proof.path("timeline").asText(),
        port);
  }

  private DemoReport.Comparison compare(Accident accident, int port) {
    story.step("Comparison");
    ClusterContent after =
        ClusterContent.of("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", null);
    List<DemoReport.Table> tables = new ArrayList<>();
    ClusterContent before = accident.before();
    TreeMap<String, ClusterContent.Digest> all = new TreeMap<>(after.tables());
    all.putAll(before.tables());
    ClusterContent.Digest none = new ClusterContent.Digest(0, "no such table");
    for (String name : all.keySet()) {
      ClusterContent.Digest was = before.tables().getOrDefault(name, none);
      ClusterContent.Digest is = after.tables().getOrDefault(name, none);
      String plain = name.substring(name.lastIndexOf('.') + 1);
      tables.add(new DemoReport.Table(plain, was.rows(), is.rows(), was.equals(is)));
    }
    boolean same = before.equals(after) && before.rows() > Shop.ORDERS;
    return new DemoReport.Comparison(same, tables);
  }

  private static void requireSame(DemoReport.Comparison comparison) {
    if (!comparison.same()) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the restored cluster holds something else than the primary held just before the"
              + " accident: "
              + comparison.tables(),
          "this is a defect; please report it with what the demo printed");
    }
  }

  private static Lsn end(TestCluster primary) {
    return Lsn.parse(primary.value("SELECT pg_current_wal_flush_lsn()::text"));
  }

  private static TidemarkException interrupted(Exception e) {
    return new TidemarkException(
        ErrorCode.INTERRUPTED, "the demo was interrupted; all of it is ended and removed", "", e);
  }
}
