package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What others do to a feed's files, slot, source and target. */
final class FeedTroubleTest {
  private static final String LARGE =
      "INSERT INTO items SELECT i, 'large' FROM generate_series(%d, %d) i";
  private static final String REBUILT = "every table is brought in again";

  @RegisterExtension final LogWatch log = new LogWatch();
  private static TestCluster source;
  private static TestCluster target;
  private Warehouse warehouse;

  @BeforeAll
  static void start() {
    source = Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    source.close();
    target.close();
  }

  @BeforeEach
  void begin() {
    source.sql("CREATE DATABASE app");
    Warehouse.sql(
        source,
        "CREATE TABLE items (id int PRIMARY KEY, note text)",
        "INSERT INTO items SELECT i, 'first' FROM generate_series(1, 100) i");
    warehouse =
        new Warehouse(target).with("one", source).tables("public.items: {columns: [id, note]}");
  }

  @AfterEach
  void end() {
    warehouse.close();
    target.sql("DROP DATABASE warehouse WITH (FORCE)");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                source.value("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0"));
    source.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
        "DROP DATABASE app WITH (FORCE)",
        "DROP TABLE IF EXISTS other");
  }

  private void assertEqual() {
    warehouse.awaitLevel("one");
    assertThat(
            AnalyticsChecker.between(source, "app", target, "warehouse")
                .differences(
                    List.of(
                        AnalyticsCheckedTable.of("public.items", "school.items")
                            .columns("id", "note")
                            .keyedBy("id")
                            .targetWhere(Warehouse.SITE))))
        .as(warehouse.story("one"))
        .isEmpty();
  }

  @Test
  void aTornFileOfTheSpoolIsRemovedAndALostDirectoryMadeAgain() throws IOException {
    warehouse.start();
    warehouse.awaitLevel("one");
    warehouse.stop("one");
    Path torn = warehouse.spool().resolve("school.one.main.1.spool");
    Path foreign = warehouse.spool().resolve("school.one.main2.main.1.spool");
    Files.write(torn, new byte[] {'I', 0, 0});
    Files.write(foreign, new byte[1]);
    Warehouse.sql(source, LARGE.formatted(1001, 6000));
    warehouse.run("one");
    assertEqual();
    assertThat(torn).doesNotExist();
    assertThat(foreign).exists();

    Files.delete(foreign);
    Files.delete(warehouse.spool());
    Warehouse.sql(source, LARGE.formatted(6001, 11_000));
    assertEqual();
    assertThat(warehouse.failures("one"))
        .extracting(TidemarkException::code)
        .contains(ErrorCode.LOCAL_IO);
    assertThat(warehouse.spool()).isEmptyDirectory();
  }

  @Test
  void aFullDiskOfTheSpoolHoldsTheFeedUpUntilThereIsRoom() throws Exception {
    assumeThat(OsUser.forServers()).as("as root").isPresent();
    warehouse.start();
    warehouse.awaitLevel("one");
    String spool = warehouse.spool().toString();
    assumeThat(run("mount", "-t", "tmpfs", "-o", "size=1m", "none", spool))
        .as("may mount")
        .isZero();
    try {
      Warehouse.sql(source, LARGE.formatted(1001, 6000), "DELETE FROM items WHERE id < 50");
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(warehouse.failures("one"))
                      .extracting(TidemarkException::code)
                      .contains(ErrorCode.NO_SPACE));
      assertThat(warehouse.rows("SELECT FROM school.items")).hasSize(100);
      assertThat(run("mount", "-o", "remount,size=2g", spool)).isZero();
      assertEqual();
    } finally {
      warehouse.stop("one");
      assertThat(run("umount", spool)).isZero();
    }
  }

  @Test
  void aSecondDaemonIsRefusedAndDisturbsNothing() throws Exception {
    warehouse.start();
    warehouse.awaitLevel("one");
    Path kept = warehouse.spool().resolve("school.one.main.kept.spool");
    Files.write(kept, new byte[1]);
    try (Feed second = new Feed(warehouse.spec("one"))) {
      TidemarkException refusal = catchThrowableOfType(TidemarkException.class, second::step);
      assertThat(refusal.code()).isEqualTo(ErrorCode.LEASE_HELD);
      Warehouse.sql(source, LARGE.formatted(1001, 6000));
      assertThat(catchThrowableOfType(TidemarkException.class, second::step).code())
          .isEqualTo(ErrorCode.LEASE_HELD);
      assertEqual();
      assertThat(kept).exists();
      assertThat(warehouse.failures("one")).isEmpty();

      warehouse.stop("one");
      Warehouse.sql(source, "UPDATE items SET note = 'later' WHERE id % 2 = 0");
      await().atMost(Duration.ofSeconds(30)).until(() -> second.step().isZero());
    }
    warehouse.run("one");
    assertEqual();
  }

  @Test
  void aSlotThatSomebodyMovedOrDroppedIsMadeAnew() {
    log.expect("confirmed to .* and the target has only .*" + REBUILT);
    log.expect("its slot tidemark_school_one is gone; " + REBUILT);
    warehouse.start();
    warehouse.awaitLevel("one");
    warehouse.stop("one");
    Warehouse.sql(source, "DELETE FROM items WHERE id < 20", "INSERT INTO items VALUES (200, 'x')");
    inSlot("SELECT pg_replication_slot_advance('tidemark_school_one', pg_current_wal_lsn())");
    warehouse.run("one");
    assertEqual();
    warehouse.stop("one");
    Warehouse.sql(source, "DELETE FROM items WHERE id < 40", "INSERT INTO items VALUES (201, 'y')");
    inSlot("SELECT pg_drop_replication_slot('tidemark_school_one')");
    warehouse.run("one");
    assertEqual();
  }

  @Test
  void aTargetThatWasPutBackIsBroughtUpAgain() throws Exception {
    log.expect("confirmed to .* and the target has only .*" + REBUILT);
    Path former = copyOfLevel(target);
    Warehouse.sql(source, "DELETE FROM items WHERE id < 20", "INSERT INTO items VALUES (200, 'x')");
    assertEqual();
    warehouse.stop("one");
    putBack(target, former);
    warehouse.run("one");
    assertEqual();
  }

  @Test
  void aTargetThatForgotTheFeedIsBroughtUpAgain() {
    warehouse.start();
    warehouse.awaitLevel("one");
    warehouse.stop("one");
    Warehouse.sql(source, "DELETE FROM items WHERE id < 20", "INSERT INTO items VALUES (200, 'x')");
    warehouse.sql("DELETE FROM tidemark.feed");
    warehouse.run("one");
    assertEqual();
  }

  @Test
  void aSourceThatWasPutBackIsBroughtInAgain() throws Exception {
    log.expect("the source ends at .* and the target has .*" + REBUILT);
    Path former = copyOfLevel(source);
    Warehouse.sql(source, LARGE.formatted(1001, 6000), "DELETE FROM items WHERE id < 20");
    assertEqual();
    warehouse.stop("one");
    putBack(source, former);
    Warehouse.sql(source, "INSERT INTO items VALUES (1002, 'of another history')");
    warehouse.run("one");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> warehouse.status("one").decision() instanceof FeedDecision.Stream);
    assertEqual();
    assertThat(warehouse.status("one").rebuilds()).isEqualTo(1);
  }

  /**
   * It has written on meanwhile, so that its end is beyond what was applied, and its slot is there
   * with it.
   */
  @Test
  void aSourceThatWasPutBackAndHasWrittenOnIsBroughtInAgain() throws Exception {
    log.expect("the source was put back.*has written on.*" + REBUILT);
    Path former = copyOfLevel(source);
    Warehouse.sql(source, "DELETE FROM items WHERE id < 20", "INSERT INTO items VALUES (200, 'x')");
    assertEqual();
    warehouse.stop("one");
    String applied = applied();
    putBack(source, former);
    Warehouse.sql(
        source,
        LARGE.formatted(2001, 6000),
        "DELETE FROM items WHERE id BETWEEN 50 AND 60",
        "SELECT pg_switch_wal()",
        "INSERT INTO items VALUES (201, 'after')");
    assertThat(source.value("SELECT pg_current_wal_flush_lsn() > '%s'".formatted(applied)))
        .isEqualTo("t");
    assertThat(
            source.value(
                "SELECT confirmed_flush_lsn < '%s' FROM pg_replication_slots".formatted(applied)))
        .isEqualTo("t");
    warehouse.run("one");
    assertEqual();
    assertThat(warehouse.status("one").rebuilds()).isEqualTo(1);
  }

  /** Between the last commit that was applied and the position that an idle feed has come to. */
  @Test
  void aSourceThatWasPutBackToWhereNothingHappenedLosesNothing() throws Exception {
    warehouse.heartbeat("50s").start();
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(
            () ->
                !warehouse
                    .rows("SELECT FROM tidemark.feed WHERE committed_at IS NOT NULL")
                    .isEmpty());
    Warehouse.sql(source, "INSERT INTO items VALUES (200, 'of both')");
    warehouse.awaitLevel("one");
    Path former = snapshot(source);
    // In another database: nothing of it is sent.
    source.sql("CREATE TABLE other AS SELECT i FROM generate_series(1, 50000) i");
    warehouse.awaitLevel("one");
    warehouse.stop("one");
    String applied = applied();
    putBack(source, former);
    Warehouse.sql(source, "INSERT INTO items VALUES (201, 'of another history')");
    assertThat(source.value("SELECT pg_current_wal_lsn() < '%s'".formatted(applied)))
        .isEqualTo("t");
    source.sql("CREATE TABLE other AS SELECT i FROM generate_series(1, 60000) i");
    assertThat(source.value("SELECT pg_current_wal_lsn() > '%s'".formatted(applied)))
        .isEqualTo("t");
    warehouse.run("one");
    assertEqual();
  }

  /** As after a restart in the same history: nothing is brought in again. */
  @Test
  void aSourceThatWasKilledGoesOnWhereItWas() {
    warehouse.start();
    warehouse.awaitLevel("one");
    Warehouse.sql(source, "UPDATE items SET note = 'before' WHERE id < 20");
    warehouse.awaitLevel("one");
    source.stop(TestCluster.StopMode.IMMEDIATE);
    source.start();
    Warehouse.sql(source, "UPDATE items SET note = 'after' WHERE id < 10");
    assertEqual();
    assertThat(warehouse.status("one").rebuilds()).isZero();
  }

  /** A new timeline alone is no other history; one that begins before what was applied is. */
  @Test
  void aSourceOnANewTimelineGoesOnWhereNothingWasLostAndIsElseBroughtInAgain() throws Exception {
    log.expect("the source was put back.*has written on.*" + REBUILT);
    warehouse.start();
    warehouse.awaitLevel("one");
    source.stop();
    promote();
    Warehouse.sql(source, "UPDATE items SET note = 'on the second' WHERE id < 10");
    assertEqual();
    assertThat(warehouse.status("one").rebuilds()).isZero();

    warehouse.stop("one");
    Path former = copy(source);
    warehouse.run("one");
    Warehouse.sql(source, "DELETE FROM items WHERE id < 20");
    assertEqual();
    warehouse.stop("one");
    putBack(source, former);
    source.stop();
    promote();
    Warehouse.sql(source, LARGE.formatted(2001, 3000), "INSERT INTO items VALUES (201, 'third')");
    warehouse.run("one");
    assertEqual();
    assertThat(warehouse.status("one").rebuilds()).isEqualTo(1);
  }

  private void promote() throws IOException {
    Files.createFile(source.data().resolve("standby.signal"));
    source.start();
    assertThat(source.value("SELECT pg_promote()")).isEqualTo("t");
  }

  private String applied() {
    return String.valueOf(
        warehouse.rows("SELECT applied_lsn FROM tidemark.feed").getFirst().getFirst());
  }

  /** The one that had the slot may be on its way out. */
  private void inSlot(String query) {
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> Warehouse.in(source, "app", query).size() == 1);
  }

  /** Of a server, when the target has what the source has; the feed goes on after it. */
  private Path copyOfLevel(TestCluster server) throws Exception {
    warehouse.start();
    warehouse.awaitLevel("one");
    warehouse.stop("one");
    Path copy = copy(server);
    warehouse.run("one");
    return copy;
  }

  private static Path copy(TestCluster cluster) throws Exception {
    Path former = cluster.data().resolveSibling("former");
    cluster.stop();
    assertThat(run("cp", "-a", cluster.data().toString(), former.toString())).isZero();
    cluster.start();
    return former;
  }

  /** As a disk's snapshot has it, of a server that writes nothing at the time. */
  private static Path snapshot(TestCluster cluster) throws Exception {
    Path former = cluster.data().resolveSibling("former");
    cluster.sql("CHECKPOINT");
    assertThat(run("cp", "-a", cluster.data().toString(), former.toString())).isZero();
    Files.delete(former.resolve("postmaster.pid"));
    return former;
  }

  private static void putBack(TestCluster cluster, Path former) throws Exception {
    cluster.stop();
    assertThat(run("rm", "-r", cluster.data().toString())).isZero();
    assertThat(run("mv", former.toString(), cluster.data().toString())).isZero();
    cluster.start();
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
