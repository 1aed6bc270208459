package io.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a PostgreSQL server is reached, in libpq's terms.
 *
 * @param hosts names or addresses, tried in this order; no sockets in the file system
 * @param passwordFile holds one password; not together with {@code passfile}
 * @param passfile in the format of {@code ~/.pgpass}
 * @param connectTimeout of each host
 * @param statementTimeout of each short statement that Tidemark sends; not of a stream
 */
public record ConnectionSettings(
    List<String> hosts,
    int port,
    String database,
    String user,
    Optional<SecretFile> passwordFile,
    Optional<SecretFile> passfile,
    SslMode sslmode,
    Optional<Path> sslrootcert,
    Optional<Path> sslcert,
    Optional<SecretFile> sslkey,
    Duration connectTimeout,
    Duration statementTimeout) {

  /** As in libpq; {@link Kind#spell} gives libpq's word. */
  public enum SslMode {
    DISABLE,
    ALLOW,
    PREFER,
    REQUIRE,
    VERIFY_CA,
    VERIFY_FULL;

    /** libpq's word, for example {@code verify-full}. */
    public String word() {
      return Kind.spell(this);
    }
  }

  public ConnectionSettings {
    hosts = List.copyOf(hosts);
    new Checks()
        .that(
            hosts.stream().noneMatch(host -> host.startsWith("/")),
            "host",
            String.join(", ", hosts),
            "host names or addresses: sockets in the file system cannot be used, localhost can")
        .that(
            hosts.stream().noneMatch(host -> host.matches(".*[,\\s@?&=].*")),
            "host",
            String.join(", ", hosts),
            "one host name or address, or a list: [a, b]")
        .that(!hosts.isEmpty() && hosts.size() <= 10, "host", "no host", "1 to 10 hosts")
        .between("port", port, 1, 65_535)
        .that(
            passwordFile.isEmpty() || passfile.isEmpty(),
            "passfile",
            "passfile beside password-file",
            "one of the two")
        .that(
            sslrootcert.isPresent() || !sslmode.word().startsWith("verify-"),
            "sslrootcert",
            "no certificate with sslmode: " + sslmode.word(),
            "the certificate that signs the server's")
        .that(
            sslkey.isPresent() == sslcert.isPresent(),
            sslkey.isPresent() ? "sslcert" : "sslkey",
            "only one of sslcert and sslkey",
            "both or neither")
        .between("connect-timeout", connectTimeout, Duration.ofMillis(100), Duration.ofMinutes(10))
        .between("statement-timeout", statementTimeout, Duration.ofMillis(100), Duration.ofHours(1))
        .done();
  }

  /** {@code localhost:5432} as user {@code tidemark}, without a password. */
  public static ConnectionSettings defaults() {
    return read(Section.empty()).orElseThrow();
  }

  static Optional<ConnectionSettings> read(Section section) {
    return section.build(
        () ->
            new ConnectionSettings(
                section.list("host", Kind.TEXT, "localhost"),
                section.get("port", Kind.NUMBER, "5432"),
                section.get("database", Kind.TEXT, "postgres"),
                section.get("user", Kind.TEXT, "tidemark"),
                section.find("password-file", Kind.SECRET),
                section.find("passfile", Kind.SECRET),
                section.get("sslmode", Kind.choice(SslMode.class), "prefer"),
                section.find("sslrootcert", Kind.PATH),
                section.find("sslcert", Kind.PATH),
                section.find("sslkey", Kind.SECRET),
                section.get("connect-timeout", Kind.DURATION, "10s"),
                section.get("statement-timeout", Kind.DURATION, "1m")));
  }
}
