package io.tidemark.replicamanager;

import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
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
 * How a replica's server reaches its feed, in libpq's words. Never holds a password: that is in the
 * password file.
 */
public final class Conninfo {
  private static final String REPLICATION = "replication";

  private Conninfo() {}

  /** The value of {@code primary_conninfo}; empty for one that is fed from the archive alone. */
  public static String of(ReplicaSpec replica) {
    return replica.feed().map(feed -> render(words(replica, feed))).orElse("");
  }

  /**
   * As above for another program on this machine, such as pg_rewind: with a database, and to the
   * primary.
   */
  public static String ofPrimary(ReplicaSpec replica, String database) {
    return replica
        .primary()
        .map(
            primary -> {
              Map<String, String> words = words(replica, primary);
              words.put("dbname", database);
              return render(words);
            })
        .orElse("");
  }

  private static Map<String, String> words(ReplicaSpec replica, PostgresEndpoint server) {
    Map<String, String> words = new LinkedHashMap<>();
    words.put("host", join(server, HostPort::host));
    words.put("port", join(server, host -> Integer.toString(host.port())));
    words.put("user", server.user());
    if (hasPassword(server)) {
      words.put("passfile", replica.home().passfile().toString());
    }
    words.put("application_name", replica.settings().applicationName());
    words.put("connect_timeout", Long.toString(Math.max(2, server.connectTimeout().toSeconds())));
    words.put("sslmode", server.tls().mode().word());
    path(words, "sslrootcert", server.tls().rootCertificate());
    path(words, "sslcert", server.tls().certificate());
    path(words, "sslkey", server.tls().key());
    if (server.target() == PostgresEndpoint.Target.PRIMARY) {
      words.put("target_session_attrs", "read-write");
    }
    if (replica.settings().syncSlots()) {
      // The slot synchronization worker needs a database (logicaldecoding-explanation.html).
      words.put("dbname", server.database());
    }
    return words;
  }

  /**
   * What the password file must hold; empty where no password is configured. Read anew at each
   * call.
   *
   * @throws TidemarkException SECRET_UNUSABLE
   */
  public static Optional<String> passfile(ReplicaSpec replica) {
    Map<String, String> lines = new LinkedHashMap<>();
    replica.feed().ifPresent(feed -> addLines(lines, feed));
    replica.primary().ifPresent(primary -> addLines(lines, primary));
    return lines.isEmpty() ? Optional.empty() : Optional.of(String.join("", lines.values()));
  }

  private static void addLines(Map<String, String> lines, PostgresEndpoint server) {
    for (HostPort host : server.hosts()) {
      PasswordSource source = server.password();
      source
          .read(host, REPLICATION, server.user())
          .or(() -> source.read(host, server.database(), server.user()))
          .ifPresent(
              password -> {
                String who =
                    "%s:%d:*:%s"
                        .formatted(escaped(host.host()), host.port(), escaped(server.user()));
                lines.put(who, who + ":" + escaped(password) + "\n");
              });
    }
  }

  private static boolean hasPassword(PostgresEndpoint server) {
    return switch (server.password()) {
      case PasswordSource.None() -> false;
      case PasswordSource.PasswordFile(SecretFile _), PasswordSource.PassFile(SecretFile _) -> true;
    };
  }

  private static String join(PostgresEndpoint server, Function<HostPort, String> part) {
    return server.hosts().stream().map(part).collect(Collectors.joining(","));
  }

  private static void path(Map<String, String> words, String name, Optional<Path> path) {
    path.ifPresent(value -> words.put(name, value.toString()));
  }

  private static String render(Map<String, String> words) {
    return words.entrySet().stream()
        .map(word -> word.getKey() + "=" + quoted(word.getValue()))
        .collect(Collectors.joining(" "));
  }

  /** libpq's documentation, "Keyword/Value Connection Strings". */
  static String quoted(String value) {
    return value.matches("[A-Za-z0-9_.,/:@-]+")
        ? value
        : "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  /** libpq's documentation, "The Password File". */
  private static String escaped(String field) {
    return field.replace("\\", "\\\\").replace(":", "\\:");
  }
}
