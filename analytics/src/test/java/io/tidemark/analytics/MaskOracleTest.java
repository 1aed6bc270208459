package io.tidemark.analytics;

import static io.tidemark.analytics.Masking.apply;
import static io.tidemark.analytics.Masking.function;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks beside what PostgreSQL makes of the same values; its own text is what masks get. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MaskOracleTest {
  private static final int VALUES = 1000;
  private static final List<String> UNITS =
      List.of("year", "quarter", "month", "week", "day", "hour");
  private static final List<Integer> STEPS = List.of(1, 7, 10, 365, 1000, 999_999_999);

  /** floor(x / step) * step; but the division of a numeric is rounded. */
  private static final String EXACT = "trunc(x - mod(mod(x::numeric, %1$d) + %1$d, %1$d))";

  private final TestCluster cluster = TestCluster.start(17);
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @BeforeAll
  void printSeed() {
    System.out.println("seed " + seed);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"date", "timestamp without time zone", "timestamp with time zone"})
  void truncatesAsDateTruncDoes(String type) throws SQLException {
    List<String> columns = UNITS.stream().map(u -> "date_trunc('" + u + "', x)::" + type).toList();
    List<MaskFunction> masks =
        UNITS.stream().map(unit -> function("truncate-date " + unit, type)).toList();
    // Days and seconds from 2000 on: the first year that has a 1 January to the end of timestamps,
    // and as many of our days.
    Supplier<String> text =
        () ->
            (random.nextBoolean()
                    ? random.nextInt(-2_451_507, 106_751_900)
                    : random.nextInt(-40_000, 40_000))
                + " "
                + random.nextInt(86_400)
                + "."
                + random.nextInt(1_000_000);
    String value =
        "date '2000-01-01' + split_part(v, ' ', 1)::int"
            + " + split_part(v, ' ', 2)::numeric * interval '1 second'";
    compare(type, columns, masks, value, text);
  }

  @ParameterizedTest
  @CsvSource({"smallint, 16", "integer, 32", "bigint, 64"})
  void roundsIntegersAsPostgresqlDoes(String type, int bits) throws SQLException {
    List<String> columns = rounded(EXACT);
    List<MaskFunction> masks = roundings(type);
    // Away from the least number, below which a multiple would be no integer of the type.
    compare(
        type,
        columns.stream()
            .map(
                c ->
                    "CASE WHEN %s >= -(2::numeric ^ %d) THEN (%s)::%s END"
                        .formatted(c, bits - 1, c, type))
            .toList(),
        masks,
        "v",
        () -> "" + (random.nextLong() >> (64 - bits + random.nextInt(bits))));
  }

  @Test
  void roundsNumericAsPostgresqlDoes() throws SQLException {
    compare(
        "numeric",
        rounded(EXACT),
        roundings("numeric"),
        "v",
        () ->
            (random.nextBoolean() ? "-" : "")
                + digits(1 + random.nextInt(60))
                + (random.nextBoolean() ? "." + digits(1 + random.nextInt(40)) : ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"real", "double precision"})
  void roundsFloatsAsFloorDoes(String type) throws SQLException {
    int most = type.equals("real") ? 37 : 300;
    compare(
        type,
        rounded("(floor(x::float8 / %1$d) * %1$d)::" + type),
        roundings(type),
        "v",
        () ->
            random.nextBoolean()
                ? "" + random.nextGaussian() * 1e5
                : "" + (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(most + 30) - 30));
  }

  @Test
  void printsFloatsAsPostgresqlDoes() throws SQLException {
    MaskedText printDouble = value -> MaskFloat.text(Double.parseDouble(value));
    MaskedText printFloat = value -> MaskFloat.text(Float.parseFloat(value));
    Supplier<String> powers = () -> "" + Math.scalb(1.0, random.nextInt(2098) - 1074);
    Supplier<String> doubles = () -> "" + Double.longBitsToDouble(random.nextLong());
    Supplier<String> simple = () -> (1 + random.nextInt(99)) + "e" + (random.nextInt(600) - 300);
    for (Supplier<String> values : List.of(powers, doubles, simple)) {
      compare("double precision", List.of("x"), List.of(printDouble.asFunction()), "v", values);
    }
    Supplier<String> floats = () -> "" + Float.intBitsToFloat(random.nextInt());
    Supplier<String> few = () -> (1 + random.nextInt(99)) + "e" + (random.nextInt(70) - 35);
    for (Supplier<String> values : List.of(floats, few)) {
      compare("real", List.of("x"), List.of(printFloat.asFunction()), "v", values);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inet", "cidr"})
  void keepsTheNetworkThatPostgresqlMakes(String type) throws SQLException {
    List<Integer> bits = List.of(1, 8, 17, 24, 32);
    compare(
        type,
        bits.stream()
            .map(
                n ->
                    ("network(set_masklen(x::inet, least(masklen(x),"
                            + " CASE family(x) WHEN 4 THEN %d ELSE 48 END)))::%s")
                        .formatted(n, type))
            .toList(),
        bits.stream().map(n -> function("network " + n, type)).toList(),
        type.equals("inet") ? "v" : "network(v::inet)",
        () -> random.nextBoolean() ? address4() : address6());
  }

  @ParameterizedTest
  @CsvSource({
    "-007, integer",
    "1.50, numeric",
    "1.5, 'numeric(6,3)'",
    "99.994, 'numeric(4,2)'",
    "NaN, numeric",
    "0.00001, double precision",
    "1000000, real",
    "12345678901234567890, double precision",
    "true, boolean",
    "F, boolean",
    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, uuid",
    "0044-03-15 BC, date",
    "2026-11-27 17:03:25.120, timestamp without time zone",
    "2026-11-27 17:03:25+05:30, timestamp with time zone",
    "infinity, date",
    "10.1.2.3/8, inet",
    "ab, character(4)",
    "äöü, character varying(3)"
  })
  void writesConstantsAsPostgresqlPrintsThem(String constant, String type) throws SQLException {
    String lower = constant.equals("F") ? "f" : constant;
    List<MaskFunction> masks = List.of(function("constant " + lower, type));
    compare(type, List.of("x"), masks, "v", () -> constant, 1);
  }

  private static List<String> rounded(String expression) {
    return STEPS.stream().map(step -> expression.formatted(step)).toList();
  }

  private static List<MaskFunction> roundings(String type) {
    return STEPS.stream().map(step -> function("round " + step, type)).toList();
  }

  private String digits(int count) {
    StringBuilder digits = new StringBuilder();
    random.ints(count, 0, 10).forEach(digits::append);
    return digits.toString();
  }

  private String address4() {
    String address =
        "%d.%d.%d.%d"
            .formatted(
                random.nextInt(256), random.nextInt(256), random.nextInt(256), random.nextInt(256));
    return random.nextBoolean() ? address : address + "/" + random.nextInt(33);
  }

  private String address6() {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      words.add(random.nextInt(3) == 0 ? Integer.toHexString(random.nextInt(1 << 16)) : "0");
    }
    String address =
        switch (random.nextInt(4)) {
          case 0 -> "::ffff:" + "10.1.2." + random.nextInt(256);
          case 1 -> "::" + "10.1.2." + random.nextInt(256);
          default -> String.join(":", words);
        };
    return random.nextBoolean() ? address : address + "/" + random.nextInt(129);
  }

  /**
   * Makes values, has PostgreSQL print each and what its own functions make of it, and masks the
   * print.
   *
   * @param value SQL that makes an x of the type of the text v
   */
  private void compare(
      String type,
      List<String> columns,
      List<MaskFunction> masks,
      String value,
      Supplier<String> texts)
      throws SQLException {
    compare(type, columns, masks, value, texts, VALUES);
  }

  private void compare(
      String type,
      List<String> columns,
      List<MaskFunction> masks,
      String value,
      Supplier<String> texts,
      int count)
      throws SQLException {
    String sql =
        "SELECT x, %s FROM (SELECT (%s)::%s AS x FROM unnest(?::text[]) v) made"
            .formatted(String.join(", ", columns), value, type);
    try (Connection connection = cluster.connect();
        Statement settings = connection.createStatement();
        PreparedStatement query = connection.prepareStatement(sql)) {
      settings.execute("SET TimeZone = 'UTC'");
      query.setArray(
          1, connection.createArrayOf("text", Stream.generate(texts).limit(count).toArray()));
      int rows = 0;
      try (ResultSet row = query.executeQuery()) {
        for (; row.next(); rows++) {
          for (int i = 0; i < masks.size(); i++) {
            assertThat(apply(masks.get(i), row.getString(1)))
                .as("%s of %s", columns.get(i), row.getString(1))
                .isEqualTo(row.getString(i + 2));
          }
        }
      }
      assertThat(rows).isEqualTo(count);
    }
  }
}
