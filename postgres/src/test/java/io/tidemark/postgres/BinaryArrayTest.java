package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.testing.TestCluster;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BinaryArrayTest {
  /** Stands for NULL. */
  private static final byte[] NULL = utf8("NULL");

  private static final Duration FAST = Duration.ofSeconds(10);

  private TestCluster cluster;

  @BeforeAll
  void start() {
    cluster = Clusters.builder(15).start();
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  @Test
  void arraysOfAnyTypeArriveAsTheirElements() {
    try (PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      UUID uuid = UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e");
      assertRoundTrip(session, "int8", "-7,NULL", int8(-7), NULL);
      assertRoundTrip(session, "text", "Zoë \"{,}\\,,NULL", utf8("Zoë \"{,}\\"), utf8(""), NULL);
      assertRoundTrip(session, "timestamptz", "2000-01-01 00:00:01+00", int8(1_000_000));
      assertRoundTrip(
          session,
          "uuid",
          uuid.toString(),
          ByteBuffer.allocate(16)
              .putLong(uuid.getMostSignificantBits())
              .putLong(uuid.getLeastSignificantBits())
              .array());
      // Two digits to the base 10000, the first of weight 0; positive; two decimals: 12.5.
      assertRoundTrip(session, "numeric", "12.50", int2(2, 0, 0, 2, 12, 5000));
      assertRoundTrip(session, "bytea", "\\x00ff", new byte[] {0, (byte) 0xff});
      assertRoundTrip(session, "jsonb", "{\"a\": [1]}", utf8("\1{\"a\":[1]}"));
      cluster.sql("CREATE TYPE mood AS ENUM ('sad', 'glad')");
      assertRoundTrip(session, "mood", "glad,NULL", utf8("glad"), NULL);
      assertRoundTrip(session, "int8", "");
    }
  }

  @Test
  void theServerGetsThemInBinary() {
    try (PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      // As text these bytes would be no array at all; and array_recv checks the element's type.
      assertThatThrownBy(
              () ->
                  session.value(
                      "SELECT ?::text",
                      BinaryArray.of(25, oid(session, "_int8"), List.of(int8(1)))))
          .isInstanceOfSatisfying(
              PostgresException.class, e -> assertThat(e.sqlState()).isEqualTo("42804"));
    }
  }

  @Test
  void aHundredThousandRowsGoInOneStatement() {
    try (PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      session.execute("CREATE TABLE target (id int8, note text)");
      List<byte[]> ids = new ArrayList<>();
      List<byte @Nullable []> notes = new ArrayList<>();
      for (int i = 0; i < 100_000; i++) {
        ids.add(int8(i));
        notes.add(i % 10 == 0 ? null : utf8("note of row " + i));
      }
      BinaryArray idArray = array(session, "int8", ids);
      assertThat(idArray.sizeBytes()).isEqualTo(20 + 12 * 100_000);
      long begin = System.nanoTime();
      long rows =
          session.update(
              "INSERT INTO target SELECT * FROM unnest(?, ?)",
              idArray,
              array(session, "text", notes));
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      System.out.println("100000 rows of two columns in " + took.toMillis() + " ms");
      assertThat(rows).isEqualTo(100_000);
      assertThat(took).isLessThan(FAST);
      assertThat(
              session.value(
                  "SELECT count(*) FROM target"
                      + " WHERE note IS NOT DISTINCT FROM"
                      + " CASE WHEN id % 10 <> 0 THEN 'note of row ' || id END"))
          .contains("100000");
    }
  }

  private static void assertRoundTrip(
      PostgresSession session, String type, String expected, byte[]... elements) {
    List<byte @Nullable []> nullable = new ArrayList<>();
    for (byte[] element : elements) {
      nullable.add(Arrays.equals(element, NULL) ? null : element);
    }
    Optional<String> found =
        session.value(
            "SELECT coalesce(string_agg(coalesce(e::text, 'NULL'), ',' ORDER BY n), '')"
                + " FROM unnest(?, ?) AS u (e, n)",
            array(session, type, nullable),
            array(session, "int8", numbers(elements.length)));
    assertThat(found).as(type).contains(expected);
  }

  private static List<byte[]> numbers(int count) {
    List<byte[]> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(int8(i));
    }
    return numbers;
  }

  private static BinaryArray array(
      PostgresSession session, String type, List<? extends byte @Nullable []> elements) {
    return BinaryArray.of(oid(session, type), oid(session, "_" + type), elements);
  }

  private static int oid(PostgresSession session, String type) {
    return Integer.parseInt(session.value("SELECT ?::regtype::oid", type).orElseThrow());
  }

  private static byte[] int8(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static byte[] int2(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Short.BYTES);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return bytes.array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
