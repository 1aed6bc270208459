package io.tidemark.analytics;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One value for all that are there. Of the types whose texts Tidemark knows, it is checked here and
 * written as PostgreSQL prints it; of the others the target has the say.
 */
final class MaskConstant {
  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,19}");
  private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,400}(\\.[0-9]{1,400})?");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private MaskConstant() {}

  static MaskFunction of(String constant, String sqlType) {
    byte[] printed =
        printed(constant, MaskedType.of(sqlType)).orElse("").getBytes(StandardCharsets.UTF_8);
    return value -> value == null ? null : printed.clone();
  }

  static Optional<String> refusal(String constant, String sqlType) {
    return printed(constant, MaskedType.of(sqlType)).isPresent()
        ? Optional.empty()
        : Optional.of(
            ("found the mask constant %s on a column of type %s;"
                    + " expected a value of that type as PostgreSQL prints it")
                .formatted(constant, sqlType));
  }

  /** Empty where the constant is no value of the type. */
  private static Optional<String> printed(String constant, MaskedType type) {
    return switch (type.name()) {
      case "smallint" -> integer(constant, Short.SIZE);
      case "integer" -> integer(constant, Integer.SIZE);
      case "bigint" -> integer(constant, Long.SIZE);
      case "numeric" -> numeric(constant, type);
      case "real" ->
          number(constant).map(Float::parseFloat).filter(Float::isFinite).map(MaskFloat::text);
      case "double precision" ->
          number(constant).map(Double::parseDouble).filter(Double::isFinite).map(MaskFloat::text);
      case "boolean" -> bool(constant);
      case "uuid" ->
          UUID.matcher(constant).matches()
              ? Optional.of(constant.toLowerCase(Locale.ROOT))
              : Optional.empty();
      case "date", "timestamp without time zone", "timestamp with time zone" ->
          MaskDate.isInfinite(constant)
              ? Optional.of(constant)
              : MaskDate.parse(constant, type.name()).map(MaskDate::text);
      case "inet", "cidr" ->
          Optional.of(constant).filter(c -> new MaskNetwork(32, type.name()).of(c) != null);
      case "character varying", "character" -> characters(constant, type);
      default -> Optional.of(constant);
    };
  }

  private static Optional<String> integer(String constant, int bits) {
    return Optional.of(constant)
        .filter(c -> INTEGER.matcher(c).matches())
        .map(BigInteger::new)
        .filter(number -> number.bitLength() < bits)
        .map(BigInteger::toString);
  }

  private static Optional<String> number(String constant) {
    return Optional.of(constant).filter(c -> NUMBER.matcher(c).matches());
  }

  /** With the scale of numeric(precision, scale). */
  private static Optional<String> numeric(String constant, MaskedType type) {
    if (constant.equals("NaN")) {
      return Optional.of(constant);
    }
    return number(constant)
        .map(BigDecimal::new)
        .map(n -> type.second().map(s -> n.setScale(s, RoundingMode.HALF_UP)).orElse(n))
        .filter(n -> n.signum() == 0 || n.precision() <= type.first().orElse(Integer.MAX_VALUE))
        .map(BigDecimal::toPlainString);
  }

  private static Optional<String> bool(String constant) {
    return switch (constant) {
      case "t", "true" -> Optional.of("t");
      case "f", "false" -> Optional.of("f");
      default -> Optional.empty();
    };
  }

  /** character(n) is filled up with blanks. */
  private static Optional<String> characters(String constant, MaskedType type) {
    int length = constant.codePointCount(0, constant.length());
    int most = type.first().orElse(type.name().equals("character") ? 1 : Integer.MAX_VALUE);
    if (length > most) {
      return Optional.empty();
    }
    return Optional.of(type.isCharacter() ? constant + " ".repeat(most - length) : constant);
  }
}
