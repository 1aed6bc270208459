package io.tidemark.analytics;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Floating-point numbers as PostgreSQL prints them: the shortest digits that only this number is
 * read from, plain or, where large or small, with an exponent (src/common/d2s.c, f2s.c).
 */
final class MaskFloat {
  private static final int LEAST_PLAIN_EXPONENT = -4;
  private static final int DOUBLE_DIGITS = 15;
  private static final int FLOAT_DIGITS = 6;
  private static final int MOST_DIGITS = 17;
  private static final BigDecimal TWO = BigDecimal.TWO;

  private MaskFloat() {}

  static String text(double number) {
    if (!Double.isFinite(number) || number == 0) {
      return special(number);
    }
    double size = Math.abs(number);
    Interval interval =
        new Interval(
            new BigDecimal(size),
            new BigDecimal(size - Math.nextDown(size)).divide(TWO),
            new BigDecimal(Math.ulp(size)).divide(TWO));
    return sign(number) + format(interval.shortest(), DOUBLE_DIGITS);
  }

  static String text(float number) {
    if (!Float.isFinite(number) || number == 0) {
      return special(number);
    }
    float size = Math.abs(number);
    Interval interval =
        new Interval(
            new BigDecimal(size),
            new BigDecimal(size - Math.nextDown(size)).divide(TWO),
            new BigDecimal(Math.ulp(size)).divide(TWO));
    return sign(number) + format(interval.shortest(), FLOAT_DIGITS);
  }

  /** NaN, the infinities and the zeros. */
  private static String special(double number) {
    return Double.toString(number).replace("0.0", "0");
  }

  private static String sign(double number) {
    return number < 0 ? "-" : "";
  }

  /** A positive number, and how far from it, below and above, is read as another one. */
  private record Interval(BigDecimal number, BigDecimal below, BigDecimal above) {
    BigDecimal shortest() {
      for (int digits = 1; digits < MOST_DIGITS; digits++) {
        for (RoundingMode mode : new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP}) {
          BigDecimal candidate = number.round(new MathContext(digits, mode));
          if (contains(candidate)) {
            return candidate;
          }
        }
      }
      return number.round(new MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN));
    }

    private boolean contains(BigDecimal candidate) {
      BigDecimal off = candidate.subtract(number);
      return off.signum() < 0 ? off.negate().compareTo(below) < 0 : off.compareTo(above) < 0;
    }
  }

  private static String format(BigDecimal shortest, int plainDigits) {
    BigDecimal digits = shortest.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= LEAST_PLAIN_EXPONENT && exponent < plainDigits) {
      return digits.toPlainString();
    }
    String written = digits.unscaledValue().toString();
    String fraction = written.length() == 1 ? "" : "." + written.substring(1);
    return "%s%se%s%02d"
        .formatted(written.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
