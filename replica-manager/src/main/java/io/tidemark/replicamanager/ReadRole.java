package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.ReadSettings.Role;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The role by which others read a replica. A standby has the primary's roles, so it is made there.
 */
public final class ReadRole {
  private final Role role;

  /**
   * What became of it.
   *
   * @param made whether it is as it should be now
   * @param why it is not; empty where it is
   * @param sql that makes it, for somebody who may; without the password
   * @param hba lines for the replica's pg_hba.conf
   */
  public record Outcome(
      String role, boolean made, Optional<String> why, List<String> sql, List<String> hba) {
    public Outcome {
      sql = List.copyOf(sql);
      hba = List.copyOf(hba);
    }
  }

  public ReadRole(Role role) {
    this.role = role;
  }

  /** Makes it, or brings it up to date; says what to do where the session's role may not. */
  public Outcome make(PostgresEndpoint primary) {
    Optional<String> password = role.passwordFile().map(SecretFile::text);
    try (PostgresSession session = PostgresSession.open(primary)) {
      boolean there =
          session.value("SELECT rolname FROM pg_roles WHERE rolname = ?", role.name()).isPresent();
      List<String> sql = sql(there);
      try {
        session.execute("BEGIN");
        sql.forEach(session::execute);
        password.ifPresent(secret -> session.setPassword(role.name(), secret));
        session.execute("COMMIT");
        return new Outcome(role.name(), true, Optional.empty(), sql, hba());
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.POSTGRES_REFUSED) {
          throw e;
        }
        return new Outcome(role.name(), false, Optional.of(e.getMessage()), sql, hba());
      }
    }
  }

  /** Reads everything, writes nothing, and cannot hold the replica up for long. */
  private List<String> sql(boolean there) {
    String name = TableName.quoted(role.name());
    List<String> sql = new ArrayList<>();
    if (!there) {
      sql.add("CREATE ROLE " + name + " LOGIN");
    }
    sql.add("ALTER ROLE " + name + " CONNECTION LIMIT " + role.connectionLimit());
    sql.add(
        "ALTER ROLE %s SET statement_timeout = '%dms'"
            .formatted(name, role.statementTimeout().toMillis()));
    sql.add("ALTER ROLE " + name + " SET default_transaction_read_only = on");
    sql.add("GRANT pg_read_all_data TO " + name);
    return sql;
  }

  private List<String> hba() {
    return role.clients().stream()
        .map(client -> "host all %s %s scram-sha-256".formatted(role.name(), client))
        .toList();
  }
}
