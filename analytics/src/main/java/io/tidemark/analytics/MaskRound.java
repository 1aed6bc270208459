package io.tidemark.analytics;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers down to a multiple of a step, also below zero. */
final class MaskRound {
  private static final Set<String> NO_NUMBERS = Set.of("NaN", "Infinity", "-Infinity");
  private static final Pattern PLAIN = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  /** postgresql.org, "Numeric Types". */
  private static final int NUMERIC_DIGITS = 131072;

  private MaskRound() {}

  static MaskFunction of(int step, String type) {
    MaskedText rounded =
        switch (type) {
          case "smallint" -> value -> integer(value, step, Short.MIN_VALUE);
          case "integer" -> value -> integer(value, step, Integer.MIN_VALUE);
          case "bigint" -> value -> integer(value, step, Long.MIN_VALUE);
          case "real" -> value -> real(value, step);
          case "double precision" -> value -> doublePrecision(value, step);
          default -> value -> numeric(value, step);
        };
    return rounded.asFunction();
  }

  private static @Nullable String integer(String value, int step, long least) {
    try {
      long rounded = Math.multiplyExact(Math.floorDiv(Long.parseLong(value), (long) step), step);
      return rounded < least ? null : Long.toString(rounded);
    } catch (NumberFormatException | ArithmeticException e) {
      // No number, or so near the least one that the multiple below it is none of the type.
      return null;
    }
  }

  private static @Nullable String numeric(String value, int step) {
    if (NO_NUMBERS.contains(value)) {
      return value;
    }
    // Without exponents, as PostgreSQL prints it: 1e999999999 would fill the memory.
    if (!PLAIN.matcher(value).matches()) {
      return null;
    }
    BigDecimal steps =
        new BigDecimal(value).divide(BigDecimal.valueOf(step), 0, RoundingMode.FLOOR);
    BigDecimal rounded = steps.multiply(BigDecimal.valueOf(step));
    String text = rounded.toPlainString();
    int digits = rounded.signum() < 0 ? text.length() - 1 : text.length();
    return digits > NUMERIC_DIGITS ? null : text;
  }

  private static @Nullable String doublePrecision(String value, int step) {
    try {
      double number = Double.parseDouble(value);
      double rounded = floor(number, step);
      return Double.isInfinite(rounded) && !Double.isInfinite(number)
          ? null
          : MaskFloat.text(rounded);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable String real(String value, int step) {
    try {
      float number = Float.parseFloat(value);
      float rounded = (float) floor(number, step);
      return Float.isInfinite(rounded) && !Float.isInfinite(number)
          ? null
          : MaskFloat.text(rounded);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static double floor(double number, int step) {
    return Math.floor(number / step) * step;
  }
}
