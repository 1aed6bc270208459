package io.tidemark.postgres;

import io.tidemark.config.SecretFile;
import java.util.Optional;

/** Where a password comes from. Never the password itself. */
public sealed interface PasswordSource {
  /** No password of ours: trust, peer or certificate, or what the driver finds in ~/.pgpass. */
  record None() implements PasswordSource {}

  /** A file that holds the password. */
  record PasswordFile(SecretFile file) implements PasswordSource {}

  /** A file in the format of libpq's .pgpass, searched by host, port, database and user. */
  record PassFile(SecretFile file) implements PasswordSource {}

  /**
   * The password for a connection, or empty where there is none.
   *
   * @param database {@code replication} for replication connections, as libpq has it
   * @throws io.tidemark.config.TidemarkException SECRET_UNUSABLE: missing, empty, or others may
   *     read it
   */
  default Optional<String> read(HostPort host, String database, String user) {
    return switch (this) {
      case None() -> Optional.empty();
      case PasswordFile(SecretFile file) -> Optional.of(file.text());
      case PassFile(SecretFile file) ->
          PassFileLine.find(file.text().lines().toList(), host, database, user);
    };
  }
}
