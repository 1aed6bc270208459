package io.tidemark.analytics;

import static io.tidemark.analytics.Masking.masked;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskRoundTest {
  @ParameterizedTest
  @CsvSource({
    "round 10, bigint, 19, 10",
    "round 10, bigint, -1, -10",
    "round 10, bigint, -10, -10",
    "round 1000, bigint, 9223372036854775807, 9223372036854775000",
    "round 1000, bigint, -9223372036854775808,",
    "round 1000, bigint, -9223372036854775000, -9223372036854775000",
    "round 1000, smallint, -32768,",
    "round 1000, integer, -2147483648,",
    "round 1, integer, -2147483648, -2147483648",
    "round 10, integer, x,",
    "round 10, integer, NaN,",
    "round 10, numeric, -0.01, -10",
    "round 10, numeric, 0.00, 0",
    "round 10, numeric, 29.999999999999999999999999, 20",
    "round 999999999, numeric, 12345678901234567890.5, 12345678900654321087",
    "round 10, numeric, NaN, NaN",
    "round 10, numeric, Infinity, Infinity",
    "round 10, numeric, -Infinity, -Infinity",
    "round 10, numeric, 1e999999999,",
    "round 10, numeric, 1.5.5,",
    "round 10, real, NaN, NaN",
    "round 10, real, -Infinity, -Infinity",
    "round 10, real, -3, -10",
    "round 10, real, 1.2345678e+09, 1.2345678e+09",
    "round 10, double precision, Infinity, Infinity",
    "round 10, double precision, -0, -0",
    "round 10, double precision, 1e-300, 0",
    "round 1000, double precision, 123456.789, 123000",
    "round 2, double precision, 1.7976931348623157e+308, 1.7976931348623157e+308",
    "round 3, double precision, -1.7976931348623157e+308,",
    "round 10, double precision, ten,"
  })
  void roundGoesDownToAMultipleOfTheStep(
      String mask, String type, String value, @Nullable String rounded) {
    assertThat(masked(mask, type, value)).isEqualTo(rounded);
  }

  @Test
  void roundGivesNoNumericThatIsTooLong() {
    assertThat(masked("round 10", "numeric", "9".repeat(5000))).isEqualTo("9".repeat(4999) + "0");
    assertThat(masked("round 10", "numeric", "-" + "9".repeat(131072))).isNull();
  }
}
