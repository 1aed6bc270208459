package io.tidemark.analytics;

import io.tidemark.config.MaskSettings;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of a column, as far as masks ask for it.
 *
 * @param name as format_type prints it, without modifiers: {@code timestamp with time zone}
 * @param first modifier, such as the length of a {@code character varying}
 * @param second modifier: the scale of a numeric
 */
record MaskedType(String name, Optional<Integer> first, Optional<Integer> second) {
  private static final Pattern MODIFIERS =
      Pattern.compile("([^\"]*?)\\((\\d+)(?:,(-?\\d+))?\\)([^\"]*)");
  private static final Set<String> DATES =
      Set.of("date", "timestamp without time zone", "timestamp with time zone");
  private static final Set<String> NUMBERS =
      Set.of("smallint", "integer", "bigint", "numeric", "real", "double precision");
  private static final Set<String> ADDRESSES = Set.of("inet", "cidr");
  private static final Set<String> TEXTS =
      Set.of("text", "character varying", "character", "bpchar", "name", "citext");

  static MaskedType of(String sqlType) {
    Matcher modifiers = MODIFIERS.matcher(sqlType);
    if (!modifiers.matches()) {
      return new MaskedType(sqlType, Optional.empty(), Optional.empty());
    }
    return new MaskedType(
        modifiers.group(1) + modifiers.group(4),
        Optional.of(modifiers.group(2)).map(Integer::valueOf),
        Optional.ofNullable(modifiers.group(3)).map(Integer::valueOf));
  }

  boolean isCharacter() {
    return name.equals("character") || name.equals("bpchar");
  }

  /** What a column with that mask must be, where this is not. */
  Optional<String> expectedInstead(MaskSettings.Kind kind) {
    return switch (kind) {
      case DROP, NULL, CONSTANT, PSEUDONYM, KEEP_PREFIX -> Optional.empty();
      case TRUNCATE_DATE ->
          unless(DATES.contains(name), "date, timestamp with or without time zone");
      case ROUND ->
          unless(
              NUMBERS.contains(name),
              "smallint, integer, bigint, numeric, real or double precision");
      case NETWORK -> unless(ADDRESSES.contains(name), "inet or cidr");
      // citext is in whatever schema its extension is.
      case KEEP_DOMAIN ->
          unless(
              TEXTS.contains(name) || name.endsWith(".citext"),
              "text, character varying, character or citext");
    };
  }

  private static Optional<String> unless(boolean suits, String expected) {
    return suits ? Optional.empty() : Optional.of(expected);
  }
}
