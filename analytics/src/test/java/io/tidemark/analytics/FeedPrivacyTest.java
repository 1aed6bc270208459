package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PlantedValues;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Personal values of the source are nowhere on the target's side: neither at rest nor in words. */
final class FeedPrivacyTest {
  private static final String KEY = "correct horse battery staple, twice over";
  private static final String OTHER_KEY = "another horse battery staple, twice over";

  private static final String TABLES =
      """
      shop.customers:
        columns: [id, email, name, country, born, position, updated_at]
        masks: {email: keep-domain, name: %s, born: truncate-date year}
      shop.orders: {columns: [id, shop, no, customer_id, total, created_at]}
      shop.readings:
        columns: [worker, seq, n, value, note]
        masks: {note: pseudonym}
      shop.notes:
        columns: [worker, topic, author, body, tags]
        masks: {author: pseudonym, body: 'null', tags: 'null'}
      shop.log: {columns: [worker, line], masks: {line: 'constant x'}, without-key: append}
      shop.wrong: {columns: [id, person, n], masks: {person: pseudonym}}
      """;

  @RegisterExtension final LogWatch log = new LogWatch();
  private final Logger tidemark = (Logger) LoggerFactory.getLogger("io.tidemark");
  private final List<PlantedValues.Finding> spoolFindings = new CopyOnWriteArrayList<>();
  private final Level former = tidemark.getEffectiveLevel();

  @BeforeEach
  void logEverything() {
    tidemark.setLevel(Level.DEBUG);
  }

  @AfterEach
  void logAsBefore() {
    tidemark.setLevel(former);
  }

  @Test
  void noPlantedValueIsInTheTargetOrInSpoolsOrLogsOrStates() throws IOException {
    log.expect("shop.wrong is held");
    try (TestCluster source =
            Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
        TestCluster target = TestCluster.start(15);
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(source, "app")
                .schema("shop")
                .seed(11)
                .truncates(false)
                .largeTransactionRows(5000)
                .largeTransactionEvery(60)
                .start()) {
      PlantedValues planted = PlantedValues.of(workload.plantedPrefix());
      Warehouse.sql(
          source,
          "CREATE TABLE shop.wrong (id int PRIMARY KEY, person text NOT NULL, n int NOT NULL)",
          "CREATE SCHEMA crypto",
          "CREATE EXTENSION pgcrypto SCHEMA crypto",
          "INSERT INTO shop.wrong SELECT i, '%s' || i, i FROM generate_series(1, 9) i"
              .formatted(workload.plantedPrefix()));
      workload.awaitMore(150);
      try (Warehouse warehouse = warehouse(target, source)) {
        assertThat(planted.findIn(source.data())).as("what is looked for is there").isNotEmpty();
        writeKey(warehouse, KEY);
        warehouse.tables(TABLES.formatted("pseudonym")).start();
        AtomicLong spooled = new AtomicLong();
        Thread looking = lookAtSpools(warehouse.spool(), planted, spooled);
        warehouse.awaitLevel("one");
        // The target takes no more rows of that one: what PostgreSQL says of it goes into the log.
        warehouse.sql("ALTER TABLE school.wrong ADD CONSTRAINT small CHECK (n < 100)");
        Warehouse.sql(
            source,
            "INSERT INTO shop.wrong VALUES (100, '%s-100', 100)"
                .formatted(workload.plantedPrefix()));
        workload.awaitMore(150);
        ask(warehouse, "shop.customers");
        workload.awaitMore(50);
        workload.pause();
        warehouse.awaitLevel("one");
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> state(warehouse, "shop.wrong").equals("held"));
        looking.interrupt();
        looking.join(Duration.ofSeconds(30));
        assertThat(spooled.get()).as("a large transaction went through a spool").isPositive();
        checked(source, target, workload, KEY, "pseudonym");

        // Another mask, and another key: what was made with the former is made anew.
        warehouse.tables(TABLES.formatted("constant nobody")).restart("one");
        awaitOtherwise(warehouse, "SELECT count(*) FROM school.customers WHERE name <> 'nobody'");
        warehouse.awaitLevel("one");
        checked(source, target, workload, KEY, "constant");
        String before = rows(warehouse, "SELECT max(author) FROM school.notes");
        writeKey(warehouse, OTHER_KEY);
        warehouse.restart("one");
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(
                () ->
                    !rows(warehouse, "SELECT max(author) FROM school.notes").equals(before)
                        && state(warehouse, "shop.notes").equals("streaming"));
        warehouse.awaitLevel("one");
        checked(source, target, workload, OTHER_KEY, "constant");

        target.sql("CHECKPOINT");
        assertThat(planted.findIn(target.data(), warehouse.home())).isEmpty();
        assertThat(spoolFindings).isEmpty();
        List<String> said = new ArrayList<>(log.lines());
        said.add(warehouse.status("one").toString());
        said.add(warehouse.failures("one").toString());
        said.add(warehouse.story("one"));
        assertThat(said).noneMatch(line -> line.contains(workload.plantedPrefix()));
        assertThat(log.lines()).noneMatch(line -> line.contains("org.postgresql"));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private Warehouse warehouse(TestCluster target, TestCluster source) {
    Warehouse warehouse = new Warehouse(target).with("one", source);
    return warehouse.analytics("pseudonym-key-file: " + warehouse.home().resolve("pseudonym.key"));
  }

  private static void writeKey(Warehouse warehouse, String key) throws IOException {
    Path file = warehouse.home().resolve("pseudonym.key");
    Files.writeString(file, key + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private Thread lookAtSpools(Path spool, PlantedValues planted, AtomicLong spooled) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                if (Files.exists(spool)) {
                  try (var files = Files.list(spool)) {
                    spooled.addAndGet(files.count());
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                  spoolFindings.addAll(planted.findIn(spool));
                }
                LockSupport.parkNanos(5_000_000);
              }
            });
  }

  private static void ask(Warehouse warehouse, String table) {
    warehouse.sql(
        "INSERT INTO tidemark.request (pipeline, source, kind, detail) VALUES ('school', 'one',"
            + " 'resync', '%s')".formatted(table));
  }

  private static String rows(Warehouse warehouse, String query) {
    return warehouse.rows(query).toString();
  }

  private static String state(Warehouse warehouse, String table) {
    return rows(
            warehouse,
            "SELECT state FROM tidemark.table_state WHERE source_table = '" + table + "'")
        .replaceAll("[\\[\\]]", "");
  }

  private static void awaitOtherwise(Warehouse warehouse, String count) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> rows(warehouse, count).equals("[[0]]"));
  }

  /** By PostgreSQL's own hmac. */
  private static void checked(
      TestCluster source,
      TestCluster target,
      AnalyticsWorkload workload,
      String key,
      String nameMask) {
    List<AnalyticsCheckedTable> tables = new ArrayList<>();
    for (AnalyticsCheckedTable table : workload.checks("school", Warehouse.SITE)) {
      switch (table.source()) {
        case "shop.customers" ->
            tables.add(
                table
                    .without("phone")
                    .column("email", "split_part(email, '@', 2)")
                    .column(
                        "name", nameMask.equals("constant") ? "'nobody'" : pseudonym("name", key))
                    .column("born", "date_trunc('year', born)::date"));
        case "shop.readings" -> tables.add(table.column("note", pseudonym("note", key)));
        case "shop.notes" ->
            tables.add(
                table
                    .column("author", pseudonym("author", key))
                    .column("body", "null::text")
                    .column("tags", "null::text[]"));
        case "shop.log" -> tables.add(table.without("contact").column("line", "'x'"));
        case "shop.orders" -> tables.add(table);
        default -> {}
      }
    }
    assertThat(AnalyticsChecker.between(source, "app", target, "warehouse").differences(tables))
        .isEmpty();
  }

  private static String pseudonym(String column, String key) {
    return "left(" + AnalyticsChecker.pseudonym("crypto", column, key) + ", 32)";
  }
}
