package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.TidemarkException;
import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A feed's tables are compared while somebody writes to them. */
final class TableVerifierTest {
  private static final String TABLES =
      FeedTest.WORKLOAD_TABLES.replace(
              "shop.customers: {columns: [id, email, name, phone, country, born, position,"
                  + " updated_at]}",
              "shop.customers: {columns: [id, email, name, country, born, updated_at], masks:"
                  + " {email: keep-domain, name: pseudonym, born: truncate-date year}}")
          + """
          public.items: {columns: [id, kind, name, price, code, weight, made], where: "kind < 9"}
          public.words: {columns: [word, n]}
          public.people: {columns: [ssn, note], masks: {ssn: pseudonym}}
          public.stays: {columns: [id, v], mode: history}
          public.goes: {columns: [id, v], mode: soft-delete}
          public.named: {columns: [id, v]}
          """;
  private static final List<String> PUBLIC =
      List.of("public.items", "public.words", "public.people", "public.stays", "public.goes");
  private static final String REPAIR =
      "INSERT INTO tidemark.request (pipeline, source, kind, detail)"
          + " VALUES ('school', 'one', 'repair', '%s')";
  private static final String[] ROWS = {
    "CREATE TABLE items (id bigint, kind int, name text, price numeric, code char(5), weight float8,"
        + " made timestamptz, PRIMARY KEY (kind, id))",
    "INSERT INTO items SELECT i, i % 10, 'item ' || i || E'\\t\\\\', (i / 4.0)::numeric(20, 4),"
        + " i::text, i / 7.0, '2026-01-01Z'::timestamptz + i * interval '1 s'"
        + " FROM generate_series(1, 6000) i",
    "CREATE TABLE words (word text PRIMARY KEY, n int)",
    "INSERT INTO words SELECT chr(65 + i % 26) || md5(i::text), i FROM generate_series(1, 3000) i",
    "CREATE TABLE people (ssn text PRIMARY KEY, note text)",
    "INSERT INTO people SELECT 'secret-' || i, 'n' || i FROM generate_series(1, 500) i",
    "CREATE TABLE stays (id int PRIMARY KEY, v int)",
    "INSERT INTO stays SELECT i, i FROM generate_series(1, 50) i",
    "CREATE TABLE goes (id int PRIMARY KEY, v int)",
    "INSERT INTO goes SELECT i, i FROM generate_series(1, 50) i",
    "CREATE TABLE named (id int PRIMARY KEY, v int)",
    "INSERT INTO named SELECT i, i FROM generate_series(1, 50) i",
    "ANALYZE"
  };

  private static TestCluster source;
  private static TestCluster target;
  private static AnalyticsWorkload workload;
  private static Warehouse warehouse;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void start() throws IOException {
    source = Warehouse.source(17);
    target = TestCluster.start(16);
    Warehouse.sql(source, ROWS);
    workload =
        AnalyticsWorkload.on(source, "app")
            .schema("shop")
            .seed(3)
            .largeTransactionEvery(1000)
            .threads(1)
            .rate(60)
            .start();
    workload.awaitMore(50);
    warehouse = new Warehouse(target).with("one", source).tables(TABLES);
    Path key = warehouse.home().resolve("pseudonym.key");
    Files.writeString(key, "0123456789abcdef".repeat(4));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    warehouse.analytics("pseudonym-key-file: " + key).start();
    warehouse.awaitLevel("one");
    Warehouse.sql(
        source, "UPDATE stays SET v = -v WHERE id < 9", "DELETE FROM stays WHERE id = 20");
    Warehouse.sql(source, "UPDATE goes SET v = -v WHERE id < 9", "DELETE FROM goes WHERE id = 20");
  }

  @AfterAll
  static void end() {
    warehouse.close();
    workload.close();
    target.close();
    source.close();
  }

  private static VerificationReport verify(String table) {
    return verifier().verify(Optional.of(TableName.parse(table)), VerificationLimits.NONE, _ -> {});
  }

  private static TableVerifier verifier() {
    return new TableVerifier(warehouse.spec("one"));
  }

  private static TableVerification one(VerificationReport report) {
    assertThat(report.tables()).hasSize(1);
    return report.tables().getFirst();
  }

  @Test
  void findsNoDifferenceWhileTheSourceIsWrittenTo() {
    long before = workload.committed();
    for (int round = 0; round < 2; round++) {
      VerificationReport report =
          verifier().verify(Optional.empty(), VerificationLimits.NONE, _ -> {});
      assertThat(report.tables()).hasSize(16);
      assertThat(report.tables()).filteredOn(TableVerification::differs).isEmpty();
      assertThat(report.tables())
          .filteredOn(table -> table.name().schema().equals("public"))
          .allSatisfy(table -> assertThat(table.complete()).isTrue())
          .extracting(TableVerification::rows)
          .containsExactlyInAnyOrder(50L, 5_400L, 3_000L, 500L, 49L, 49L);
    }
    assertThat(workload.committed()).isGreaterThan(before);
  }

  /** A stream names the columns of a table only before its next row. */
  @Test
  void aRenamedColumnIsComparedBeforeAnybodyWrites() {
    Warehouse.sql(source, "ALTER TABLE named RENAME COLUMN v TO w");
    warehouse.sql("UPDATE school.named SET v = 0 WHERE id = 9");
    TableVerification found = one(verify("public.named"));
    assertThat(found.note()).isEmpty();
    assertThat(found.complete()).isTrue();
    assertThat(found.examples()).containsExactly("different: id = 9");
    warehouse.sql("UPDATE school.named SET v = 9 WHERE id = 9");
  }

  @Test
  void findsExactlyWhatIsPlantedAndARepairHealsIt() {
    warehouse.sql(
        "DELETE FROM school.items WHERE (kind, id) IN ((1, 1), (8, 5998))",
        "UPDATE school.items SET price = price::numeric(20, 1) WHERE (kind, id) = (2, 5002)",
        "UPDATE school.items SET name = NULL WHERE (kind, id) = (3, 3)",
        "INSERT INTO school.items SELECT 'one', 'app', 90000 + i, i % 12, 'x' FROM"
            + " generate_series(1, 9) i",
        "DELETE FROM school.words WHERE n = 2999",
        "UPDATE school.words SET n = 0 WHERE n = 77",
        "INSERT INTO school.words VALUES ('one', 'app', 'Zz''\\', 1), ('one', 'app', '', 1)",
        "UPDATE school.stays SET v = 1000 WHERE id = 30 AND _valid_to IS NULL",
        "UPDATE school.goes SET _deleted_at = now() WHERE id = 31",
        "UPDATE school.goes SET _deleted_at = NULL WHERE id = 20",
        "UPDATE school.people SET note = 'other' WHERE note = 'n7'");

    assertThat(counts(verify("public.items"))).containsExactly(2L, 9L, 2L);
    assertThat(one(verify("public.items")).examples())
        .hasSize(10)
        .contains("missing: kind = 1, id = 1", "different: kind = 3, id = 3");
    assertThat(counts(verify("public.words"))).containsExactly(1L, 2L, 1L);
    assertThat(one(verify("public.stays")).examples()).containsExactly("different: id = 30");
    assertThat(one(verify("public.goes")).examples())
        .containsExactlyInAnyOrder("missing: id = 31", "surplus: id = 20");
    TableVerification people = one(verify("public.people"));
    assertThat(people.differs()).isTrue();
    assertThat(people.toString()).doesNotContain("secret");

    PUBLIC.forEach(table -> warehouse.sql(REPAIR.formatted(table)));
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () -> warehouse.rows("SELECT FROM tidemark.request WHERE done_at IS NULL").isEmpty());
    warehouse.awaitLevel("one");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                warehouse.rows("SELECT FROM tidemark.table_state WHERE role <> 'main'").isEmpty());
    for (String table : PUBLIC) {
      assertThat(counts(verify(table))).as(table).containsExactly(0L, 0L, 0L);
    }
    assertThat(
            warehouse.rows(
                "SELECT count(*), sum(missing + surplus + different), bool_and(complete) FROM"
                    + " tidemark.verification WHERE source_table LIKE 'public.%' AND source_table <> 'public.named'"))
        .containsExactly(List.of("5", "0", "t"));
    assertThat(warehouse.rows("SELECT v, _valid_to IS NULL FROM school.stays WHERE id = 30"))
        .containsExactlyInAnyOrder(List.of("1000", "f"), List.of("30", "t"));
    assertThat(warehouse.rows("SELECT count(*) FROM school.goes WHERE id IN (20, 31)"))
        .containsExactly(List.of("2"));
  }

  private static List<Long> counts(VerificationReport report) {
    TableVerification found = one(report);
    assertThat(found.complete()).isTrue();
    return List.of(found.missing(), found.surplus(), found.different());
  }

  @Test
  void goesOnWhereALimitEndedIt() {
    VerificationLimits limits =
        new VerificationLimits(OptionalLong.of(1), Optional.empty(), OptionalLong.empty());
    Optional<TableName> items = Optional.of(TableName.parse("public.words"));
    List<Boolean> complete = new ArrayList<>();
    long rows = 0;
    for (int run = 0; run < 20 && !complete.contains(true); run++) {
      TableVerification found = one(verifier().verify(items, limits, _ -> {}));
      assertThat(found.rows()).isGreaterThanOrEqualTo(rows);
      rows = found.rows();
      complete.add(found.complete());
    }
    assertThat(complete).contains(false).endsWith(true);
    assertThat(rows).isEqualTo(3000);
  }

  @Test
  void refusesATableThatIsNotThere() {
    assertThatThrownBy(() -> verify("public.nothing"))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("has no table public.nothing");
  }
}
