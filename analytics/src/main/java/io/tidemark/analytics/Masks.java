package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.MaskSettings;
import io.tidemark.config.TidemarkException;
import java.util.Optional;

/**
 * The masks. NULL stays NULL in each of them; a value that a mask cannot read, or whose masked form
 * the type cannot hold, becomes NULL and never stays what it was. Only {@code null} and {@code
 * constant} are alike for all values that are there; of the others each says what is left of a
 * value:
 *
 * <ul>
 *   <li>{@code pseudonym}: 32 hexadecimal digits of HMAC-SHA-256 over the text of the value; of a
 *       uuid, a uuid of version 8. The same text has the same pseudonym in every table and source;
 *       texts that differ only in case have different ones, and so have {@code 1.0} and {@code
 *       1.00}. The blanks that fill up a {@code character(n)} do not count.
 *   <li>{@code truncate-date}: as {@code date_trunc} in UTC; weeks begin on Monday.
 *   <li>{@code keep-domain}: of an e-mail address, what is behind the last @; of any other text
 *       nothing, which is the empty text.
 *   <li>{@code keep-prefix}: the first characters, which are Unicode code points. A text that has
 *       no more stays whole.
 *   <li>{@code round}: the largest multiple of the step that is not larger; of floating-point
 *       numbers, {@code floor(x / step) * step}.
 *   <li>{@code network}: as {@code network(set_masklen(x, bits))}; a shorter prefix stays.
 * </ul>
 *
 * <p>What comes out is as PostgreSQL prints it for the type of the target.
 */
public final class Masks {
  private Masks() {}

  /**
   * The mask for a column of that type.
   *
   * @param sqlType as format_type prints it
   * @param key needed for pseudonyms
   * @throws TidemarkException CONFIG_INVALID where {@link #refusal} has a reason
   */
  public static MaskFunction of(MaskSettings mask, String sqlType, Optional<PseudonymKey> key) {
    refusal(mask, sqlType).ifPresent(Masks::refuse);
    String type = MaskedType.of(sqlType).name();
    return switch (mask.kind()) {
      case DROP -> throw dropped();
      case NULL -> value -> null;
      case CONSTANT -> MaskConstant.of(mask.argument(), sqlType);
      case PSEUDONYM -> MaskPseudonym.of(type, needed(key));
      case TRUNCATE_DATE -> MaskDate.truncating(MaskDate.Unit.of(mask.argument()), type);
      case KEEP_DOMAIN -> new MaskDomain().asFunction();
      case KEEP_PREFIX -> prefix(number(mask)).asFunction();
      case ROUND -> MaskRound.of(number(mask), type);
      case NETWORK -> new MaskNetwork(number(mask), type).asFunction();
    };
  }

  /**
   * The type of the masked column in the target.
   *
   * @param sqlType as format_type prints it
   */
  public static String targetType(MaskSettings mask, String sqlType) {
    MaskedType type = MaskedType.of(sqlType);
    return switch (mask.kind()) {
      case DROP -> throw dropped();
      case NULL, CONSTANT -> sqlType;
      case PSEUDONYM -> type.name().equals("uuid") ? "uuid" : "text";
      case KEEP_DOMAIN, KEEP_PREFIX -> "text";
      // A step may be larger than what numeric(4,2) holds.
      case TRUNCATE_DATE, ROUND, NETWORK -> type.name();
    };
  }

  /** Whether different values stay different. */
  public static boolean isInjective(MaskSettings mask) {
    return mask.kind() == MaskSettings.Kind.PSEUDONYM;
  }

  /**
   * Why the mask does not suit a column of that type: what was found and what was expected.
   *
   * @param sqlType as format_type prints it
   */
  public static Optional<String> refusal(MaskSettings mask, String sqlType) {
    if (mask.kind() == MaskSettings.Kind.CONSTANT) {
      return MaskConstant.refusal(mask.argument(), sqlType);
    }
    return MaskedType.of(sqlType)
        .expectedInstead(mask.kind())
        .map(
            expected ->
                "found the mask %s on a column of type %s; expected %s"
                    .formatted(mask, sqlType, expected));
  }

  private static MaskedText prefix(int characters) {
    return value ->
        value.codePointCount(0, value.length()) <= characters
            ? value
            : value.substring(0, value.offsetByCodePoints(0, characters));
  }

  private static int number(MaskSettings mask) {
    return Integer.parseInt(mask.argument());
  }

  private static PseudonymKey needed(Optional<PseudonymKey> key) {
    return key.orElseThrow(() -> new IllegalArgumentException("a pseudonym without its key"));
  }

  private static IllegalArgumentException dropped() {
    return new IllegalArgumentException("a column with the mask drop has no values");
  }

  private static void refuse(String found) {
    throw new TidemarkException(
        ErrorCode.CONFIG_INVALID, found, "give the column another mask in the configuration");
  }
}
