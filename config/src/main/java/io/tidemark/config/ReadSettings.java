package io.tidemark.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a read replica does where replay and a query want different things, and for whom it is.
 *
 * @param role that Tidemark makes on the primary for the readers; empty: none
 */
public record ReadSettings(Policy policy, Optional<Role> role) {

  /** Which of the two yields. */
  public enum Policy {
    /**
     * Queries are not cancelled: the primary keeps the rows that they may see (feedback), and
     * replay waits for them.
     */
    QUERIES,
    /** Replay waits 30 s at most, and costs the primary nothing: long queries are cancelled. */
    FRESHNESS
  }

  /**
   * A role that may only read.
   *
   * @param statementTimeout of its statements
   * @param passwordFile holds its password; empty: it is made without one
   * @param clients addresses in CIDR form, for the lines of pg_hba.conf
   */
  public record Role(
      String name,
      Duration statementTimeout,
      int connectionLimit,
      Optional<SecretFile> passwordFile,
      List<String> clients) {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    private static final Pattern CLIENT = Pattern.compile("[0-9a-fA-F.:]+/[0-9]{1,3}|samenet");

    public Role {
      clients = List.copyOf(clients);
      Checks checks = new Checks();
      checks
          .matches(NAME, "name", name, "a role of 1 to 63 characters a-z, 0-9 and _")
          .that(!name.startsWith("pg_"), "name", "\"" + name + "\"", "a name without pg_ before it")
          .between("statement-timeout", statementTimeout, Duration.ofSeconds(1), Duration.ofDays(7))
          .between("connection-limit", connectionLimit, 1, 10_000);
      for (String client : clients) {
        checks.matches(CLIENT, "clients", client, "a network such as 10.0.0.0/8, or samenet");
      }
      checks.done();
    }

    static Optional<Role> read(Section section) {
      return section.build(
          () ->
              new Role(
                  section.require("name", Kind.TEXT),
                  section.get("statement-timeout", Kind.DURATION, "5m"),
                  section.get("connection-limit", Kind.NUMBER, "20"),
                  section.find("password-file", Kind.SECRET),
                  section.list("clients", Kind.TEXT, "127.0.0.1/32")));
    }
  }

  /** What holds for a read replica whose file says nothing. */
  public static ReadSettings defaults() {
    return new ReadSettings(Policy.QUERIES, Optional.empty());
  }

  static ReadSettings read(Section section) {
    return section
        .build(
            () ->
                new ReadSettings(
                    section.get("policy", Kind.choice(Policy.class), "queries"), role(section)))
        .orElseGet(ReadSettings::defaults);
  }

  private static Optional<Role> role(Section section) {
    Section role = section.section("role");
    return section.has("role") ? Role.read(role) : Optional.empty();
  }
}
