package io.tidemark.replicamanager;

import io.tidemark.config.ConnectionSettings.SslMode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.Tls;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A server that a table is copied into, in libpq's words. Never holds a password: a process list
 * shows command lines.
 */
public record TargetServer(Map<String, String> words) {
  private static final Map<String, String> VARIABLES =
      Map.of(
          "host", "PGHOST",
          "port", "PGPORT",
          "dbname", "PGDATABASE",
          "user", "PGUSER",
          "passfile", "PGPASSFILE",
          "sslmode", "PGSSLMODE",
          "sslrootcert", "PGSSLROOTCERT",
          "sslcert", "PGSSLCERT",
          "sslkey", "PGSSLKEY");

  private static final Pattern WORD =
      Pattern.compile("\\s*([a-z_]+)\\s*=\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|([^\\s']*))(?:\\s|$)");

  public TargetServer {
    words = Map.copyOf(words);
  }

  /** Whether a text is meant to be one, and not a file's name. */
  public static boolean isOne(String text) {
    return text.strip().matches("(host|hostaddr|port|dbname|user|password|service)\\s*=.*")
        || text.matches("postgres(ql)?://.*");
  }

  /**
   * Reads {@code host=… port=… dbname=… user=…}; libpq's documentation, "Keyword/Value Connection
   * Strings".
   *
   * @throws TidemarkException USAGE
   */
  public static TargetServer parse(String text) {
    Map<String, String> words = new LinkedHashMap<>();
    Matcher matcher = WORD.matcher(text);
    int at = 0;
    while (at < text.stripTrailing().length() && matcher.find(at) && matcher.start() == at) {
      String quoted = matcher.group(2);
      words.put(
          matcher.group(1), quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
      at = matcher.end();
    }
    require(
        !words.containsKey("password"),
        "a password on the command line, which a process list shows",
        "Put it into ~/.pgpass or a file that passfile= names.");
    require(
        at >= text.stripTrailing().length() && VARIABLES.keySet().containsAll(words.keySet()),
        "--into found '%s'; expected words of %s"
            .formatted(
                text, VARIABLES.keySet().stream().sorted().collect(Collectors.joining(", "))),
        "Such as: 'host=db1 port=5432 dbname=shop user=postgres'");
    require(
        words.getOrDefault("port", "5432").matches("[0-9]{1,5}"),
        "--into found the port " + words.get("port"),
        "");
    return new TargetServer(words);
  }

  private static void require(boolean right, String found, String hint) {
    if (!right) {
      throw new TidemarkException(ErrorCode.USAGE, found, hint);
    }
  }

  /** For PostgreSQL's programs. */
  Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    words.forEach((word, value) -> environment.put(VARIABLES.getOrDefault(word, ""), value));
    environment.putIfAbsent("PGDATABASE", database());
    return environment;
  }

  String database() {
    return words.getOrDefault("dbname", user());
  }

  private String user() {
    return words.getOrDefault("user", System.getProperty("user.name", "postgres"));
  }

  /** For sessions of our own. */
  PostgresEndpoint endpoint() {
    int port = Integer.parseInt(words.getOrDefault("port", "5432"));
    PostgresEndpoint plain =
        PostgresEndpoint.to(
                new HostPort(words.getOrDefault("host", "localhost"), port), database(), user())
            .withTls(new Tls(sslMode(), path("sslrootcert"), path("sslcert"), path("sslkey")))
            .withApplicationName("tidemark_extract");
    return path("passfile")
        .map(file -> plain.withUser(user(), new PasswordSource.PassFile(new SecretFile(file))))
        .orElse(plain);
  }

  private SslMode sslMode() {
    String asked = words.getOrDefault("sslmode", "prefer");
    return Arrays.stream(SslMode.values())
        .filter(mode -> mode.word().equals(asked.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE, "--into found the sslmode '" + asked + "'", ""));
  }

  private Optional<Path> path(String word) {
    return Optional.ofNullable(words.get(word)).map(Path::of);
  }

  /** {@code db1:5432/shop}. */
  @Override
  public String toString() {
    return endpoint().hosts().getFirst() + "/" + database();
  }
}
