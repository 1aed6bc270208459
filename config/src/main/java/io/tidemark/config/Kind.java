package io.tidemark.config;

import io.tidemark.config.YamlNode.Scalar;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a value may look like.
 *
 * @param name short, for the documentation's table
 * @param expected a phrase for messages
 * @param example a text of this kind; stands in for a required value that is missing, so that the
 *     rest of the file can still be checked
 * @param words all that are allowed, where the kind is a closed list
 */
record Kind<T>(
    String name,
    String expected,
    String example,
    List<String> words,
    Function<Scalar, Optional<T>> parser) {

  private static final Pattern CRON_FIELD = Pattern.compile("[0-9A-Za-z*?,/#-]+");

  static final Kind<String> TEXT = of("text", "text", "text", Kind::text);
  static final Kind<Boolean> FLAG = of("true, false", "true or false", "false", Kind::flag);
  static final Kind<Integer> NUMBER = of("number", "a whole number", "1", Kind::number);
  static final Kind<Duration> DURATION =
      of(
          "duration",
          "a duration such as 500ms, 1s, 15m, 4h or 7d",
          "1s",
          scalar -> text(scalar).flatMap(Units::duration));
  static final Kind<Optional<Duration>> PERIOD =
      of(
          "duration, none",
          "a duration such as 500ms, 1s, 15m, 4h or 7d, or none",
          "none",
          scalar -> text(scalar).flatMap(Kind::period));
  static final Kind<Long> SIZE =
      of(
          "size",
          "a size such as 64MiB, 1GiB or 200MB",
          "1MiB",
          scalar -> text(scalar).flatMap(Units::bytes));
  static final Kind<Long> RATE =
      of(
          "rate",
          "a rate such as 50MiB/s",
          "1MiB/s",
          scalar -> text(scalar).flatMap(Units::bytesPerSecond));
  static final Kind<Path> PATH =
      of(
          "path",
          "an absolute path",
          "/nonexistent",
          scalar -> text(scalar).flatMap(Kind::absolute));
  static final Kind<SecretFile> SECRET =
      of(
          "secret file",
          "the absolute path of a file that holds the secret",
          "/nonexistent",
          scalar -> text(scalar).flatMap(Kind::absolute).map(SecretFile::new));
  static final Kind<URI> URL =
      of(
          "URL",
          "a URL such as https://s3.example.org:9000",
          "https://s3.example.org",
          scalar -> text(scalar).flatMap(Kind::url));
  static final Kind<Optional<InetSocketAddress>> LISTEN =
      of(
          "host:port, none",
          "host:port such as 127.0.0.1:9780, or none",
          "none",
          scalar -> text(scalar).flatMap(Kind::listen));
  static final Kind<Optional<String>> CRON =
      of(
          "cron, none",
          "a Quartz cron expression of 6 or 7 fields (second minute hour day month weekday [year])"
              + " such as \"0 0 2 * * ?\", or none",
          "none",
          scalar -> text(scalar).flatMap(Kind::cron));

  /** The value of a setting of PostgreSQL's, however YAML reads it. */
  static final Kind<String> SETTING =
      of(
          "setting",
          "a value as postgresql.conf has it, without quotes",
          "on",
          scalar ->
              Optional.of(scalar.text())
                  .filter(_ -> scalar.type() != YamlNode.Type.NULL)
                  .filter(text -> text.chars().noneMatch(Character::isISOControl)));

  /** What tells rows apart, however YAML reads it. */
  static final Kind<String> LABEL =
      of(
          "label",
          "a value that is not empty, such as miacademy",
          "label",
          scalar ->
              Optional.of(scalar.text())
                  .filter(text -> scalar.type() != YamlNode.Type.NULL && !text.isBlank())
                  .filter(text -> text.chars().noneMatch(Character::isISOControl)));

  private static <T> Kind<T> of(
      String name, String expected, String example, Function<Scalar, Optional<T>> parser) {
    return new Kind<>(name, expected, example, List.of(), parser);
  }

  /** One of an enum's constants, written in lower case with dashes. */
  static <E extends Enum<E>> Kind<E> choice(Class<E> type) {
    List<E> constants = Arrays.asList(type.getEnumConstants());
    List<String> words = constants.stream().map(Kind::spell).toList();
    String expected = "one of " + String.join(", ", words);
    return new Kind<>(
        String.join(", ", words),
        expected,
        words.getFirst(),
        words,
        scalar ->
            constants.stream()
                .filter(constant -> scalar.text().equals(spell(constant)))
                .findFirst());
  }

  static String spell(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  Optional<T> parse(Scalar scalar) {
    return parser.apply(scalar);
  }

  /** Reads a text that Tidemark itself gives: a default or an example. */
  T parseOwn(String text) {
    YamlNode.Type type =
        switch (text) {
          case "true", "false" -> YamlNode.Type.BOOLEAN;
          default -> text.matches("-?[0-9]+") ? YamlNode.Type.INTEGER : YamlNode.Type.TEXT;
        };
    return parse(new Scalar(YamlNode.Location.NOWHERE, type, text))
        .orElseThrow(() -> new IllegalArgumentException(text + " is not " + expected));
  }

  private static Optional<String> text(Scalar scalar) {
    return Optional.of(scalar.text())
        .filter(text -> scalar.type() == YamlNode.Type.TEXT)
        .filter(text -> !text.isBlank() && text.chars().noneMatch(Character::isISOControl));
  }

  private static Optional<Boolean> flag(Scalar scalar) {
    return Optional.of(scalar)
        .filter(value -> value.type() == YamlNode.Type.BOOLEAN)
        .map(value -> Boolean.valueOf(value.text()));
  }

  private static Optional<Integer> number(Scalar scalar) {
    return Optional.of(scalar)
        .filter(value -> value.type() == YamlNode.Type.INTEGER)
        .filter(value -> value.text().matches("-?[0-9]{1,9}"))
        .map(value -> Integer.valueOf(value.text()));
  }

  private static Optional<Path> absolute(String text) {
    try {
      return Optional.of(Path.of(text)).filter(Path::isAbsolute).map(Path::normalize);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Optional<URI> url(String text) {
    try {
      return Optional.of(new URI(text))
          .filter(uri -> "http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          .filter(uri -> uri.getHost() != null && uri.getUserInfo() == null);
    } catch (java.net.URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static Optional<Optional<InetSocketAddress>> listen(String text) {
    if (text.equals("none")) {
      return Optional.of(Optional.empty());
    }
    int colon = text.lastIndexOf(':');
    String port = text.substring(colon + 1);
    String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[(.*)]$", "$1");
    return !host.isEmpty() && port.matches("[0-9]{1,5}") && Integer.parseInt(port) <= 65_535
        ? Optional.of(Optional.of(InetSocketAddress.createUnresolved(host, Integer.parseInt(port))))
        : Optional.empty();
  }

  private static Optional<Optional<Duration>> period(String text) {
    Optional<Duration> duration = Units.duration(text);
    return duration.isPresent() || text.equals("none") ? Optional.of(duration) : Optional.empty();
  }

  private static Optional<Optional<String>> cron(String text) {
    if (text.equals("none")) {
      return Optional.of(Optional.empty());
    }
    List<String> fields = List.of(text.strip().split("\\s+"));
    boolean shaped =
        (fields.size() == 6 || fields.size() == 7)
            && fields.stream().allMatch(field -> CRON_FIELD.matcher(field).matches());
    return shaped
        ? Optional.of(Optional.of(fields.stream().collect(Collectors.joining(" "))))
        : Optional.empty();
  }
}
