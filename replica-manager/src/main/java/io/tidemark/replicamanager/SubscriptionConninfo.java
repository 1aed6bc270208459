package io.tidemark.replicamanager;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the target's server reaches the source, in libpq's words. With a passfile it names that,
 * which the target's server must be able to read under the same path; with a password file it holds
 * the password, which only superusers of the target can read in {@code pg_subscription}. {@link
 * #toString} never shows it.
 */
final class SubscriptionConninfo {
  private static final String HIDDEN = "********";

  private final Map<String, String> words;

  private SubscriptionConninfo(Map<String, String> words) {
    this.words = words;
  }

  /**
   * Reads the password anew.
   *
   * @throws io.tidemark.config.TidemarkException SECRET_UNUSABLE
   */
  static SubscriptionConninfo of(PostgresEndpoint source, String applicationName) {
    Map<String, String> words = new LinkedHashMap<>();
    words.put("host", join(source, HostPort::host));
    words.put("port", join(source, host -> Integer.toString(host.port())));
    words.put("dbname", source.database());
    words.put("user", source.user());
    switch (source.password()) {
      case PasswordSource.None() -> {}
      case PasswordSource.PassFile(var file) -> words.put("passfile", file.path().toString());
      case PasswordSource.PasswordFile(var file) -> words.put("password", file.text());
    }
    words.put("application_name", applicationName);
    words.put("connect_timeout", Long.toString(Math.max(2, source.connectTimeout().toSeconds())));
    words.put("sslmode", source.tls().mode().word());
    path(words, "sslrootcert", source.tls().rootCertificate());
    path(words, "sslcert", source.tls().certificate());
    path(words, "sslkey", source.tls().key());
    if (source.target() == PostgresEndpoint.Target.PRIMARY) {
      words.put("target_session_attrs", "read-write");
    }
    return new SubscriptionConninfo(words);
  }

  /** With the password, if there is one. */
  String text() {
    return words.entrySet().stream()
        .map(word -> word.getKey() + "=" + Conninfo.quoted(word.getValue()))
        .collect(Collectors.joining(" "));
  }

  /** A literal of SQL. */
  String literal() {
    return LogicalDdl.literal(text());
  }

  /** Without what is secret in it. */
  String hide(String message) {
    String password = words.get("password");
    return password == null
        ? message
        : message
            .replace(literal(), "'" + this + "'")
            .replace(text(), toString())
            .replace(password, HIDDEN);
  }

  private static String join(PostgresEndpoint server, Function<HostPort, String> part) {
    return server.hosts().stream().map(part).collect(Collectors.joining(","));
  }

  private static void path(Map<String, String> words, String name, Optional<Path> path) {
    path.ifPresent(value -> words.put(name, value.toString()));
  }

  @Override
  public String toString() {
    Map<String, String> shown = new LinkedHashMap<>(words);
    shown.replace("password", HIDDEN);
    return new SubscriptionConninfo(shown).text();
  }
}
