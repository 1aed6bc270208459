package io.tidemark.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What becomes of the values of a column before they are written anywhere.
 *
 * @param argument what stands after the word: empty for a mask without one
 */
public record MaskSettings(Kind kind, String argument) {
  private static final List<String> UNITS =
      List.of("year", "quarter", "month", "week", "day", "hour");

  static final io.tidemark.config.Kind<MaskSettings> KIND =
      new io.tidemark.config.Kind<>(
          "mask",
          "a mask: drop, null, constant <value>, pseudonym, truncate-date <"
              + String.join("|", UNITS)
              + ">, keep-domain, keep-prefix <characters>, round <step>, network <bits of IPv4>",
          "null",
          words(),
          scalar -> parse(scalar.type() == YamlNode.Type.NULL ? "null" : scalar.text()));

  /** The masks. */
  public enum Kind {
    /** The column is left out. */
    DROP(Argument.NONE),
    /** Always null. */
    NULL(Argument.NONE),
    /** Always the argument, where there is a value. */
    CONSTANT(Argument.TEXT),
    /** HMAC-SHA-256 under the key: equal values stay equal, in all tables and sources. */
    PSEUDONYM(Argument.NONE),
    /** A date or time, down to the unit. */
    TRUNCATE_DATE(Argument.UNIT),
    /** Of an e-mail address what stands behind the @. */
    KEEP_DOMAIN(Argument.NONE),
    /** The first characters. */
    KEEP_PREFIX(Argument.NUMBER),
    /** A number, down to a multiple of the step. */
    ROUND(Argument.NUMBER),
    /** An address, down to its network; of IPv6 addresses 48 bits stay. */
    NETWORK(Argument.NUMBER);

    private final Argument argument;

    Kind(Argument argument) {
      this.argument = argument;
    }

    /** As the configuration spells it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public MaskSettings {
    new Checks()
        .that(
            accepts(kind, argument),
            "masks",
            "\"" + kind.word() + " " + argument + "\"",
            "an argument that the mask takes")
        .done();
  }

  private enum Argument {
    NONE,
    TEXT,
    UNIT,
    NUMBER
  }

  /** As the configuration spells it. */
  @Override
  public String toString() {
    return argument.isEmpty() ? kind.word() : kind.word() + " " + argument;
  }

  /** All that can be written out, to suggest from. */
  private static List<String> words() {
    Stream<String> bare =
        Stream.of(Kind.values()).filter(kind -> kind.argument == Argument.NONE).map(Kind::word);
    Stream<String> units = UNITS.stream().map(unit -> Kind.TRUNCATE_DATE.word() + " " + unit);
    return Stream.concat(bare, units).toList();
  }

  private static Optional<MaskSettings> parse(String text) {
    String written = text.strip();
    int space = written.indexOf(' ');
    String word = space < 0 ? written : written.substring(0, space);
    String argument = space < 0 ? "" : written.substring(space + 1).strip();
    for (Kind kind : Kind.values()) {
      if (kind.word().equals(word)) {
        return accepts(kind, argument)
            ? Optional.of(new MaskSettings(kind, argument))
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean accepts(Kind kind, String argument) {
    return switch (kind.argument) {
      case NONE -> argument.isEmpty();
      case TEXT -> !argument.isEmpty();
      case UNIT -> UNITS.contains(argument);
      case NUMBER ->
          argument.matches("[0-9]{1,9}")
              && Integer.parseInt(argument) > 0
              && (kind != Kind.NETWORK || Integer.parseInt(argument) <= 32);
    };
  }
}
