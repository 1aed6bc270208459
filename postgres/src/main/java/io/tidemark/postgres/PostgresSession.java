package io.tidemark.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.BinaryParameter;

/**
 * An SQL session, in autocommit, with a limit on every statement. One thread uses it at a time. A
 * backup that was started in it ends with it.
 *
 * <p>Every method throws {@link PostgresException}: POSTGRES_REFUSED with the SQL that grants what
 * is missing, or POSTGRES_UNREACHABLE when the connection is lost or the limit is over.
 */
public final class PostgresSession implements AutoCloseable {
  /** The server cancels a statement at its limit; if it cannot, the connection is given up. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Connection connection;
  private final PostgresEndpoint endpoint;
  private final ServerVersion version;
  private final SessionCopy copy;
  private Duration statementLimit;

  private PostgresSession(Connection connection, PostgresEndpoint endpoint) throws SQLException {
    this.connection = connection;
    this.endpoint = endpoint;
    this.copy = new SessionCopy(connection);
    this.statementLimit = endpoint.statementTimeout();
    limitNetwork(statementLimit);
    this.version = ServerVersion.parse(connection.getMetaData().getDatabaseProductVersion());
  }

  /** Connects to the first host that will do. */
  public static PostgresSession open(PostgresEndpoint endpoint) {
    Connection connection = new Connector(endpoint).openSession();
    try {
      return new PostgresSession(connection, endpoint);
    } catch (SQLException e) {
      closeQuietly(connection);
      throw PostgresFailures.statement(e, "open a session", "");
    }
  }

  /** The rows of a query; parameters stand for {@code ?}, a {@link BinaryArray} too. */
  public <T> List<T> query(String sql, Row.Reader<T> reader, @Nullable Object... parameters) {
    return query("run " + sql, "", sql, reader, parameters);
  }

  /** The first row of a query. */
  public <T> Optional<T> first(String sql, Row.Reader<T> reader, @Nullable Object... parameters) {
    return query(sql, reader, parameters).stream().findFirst();
  }

  /** The first column of the first row as text; empty where there is no row or it is null. */
  public Optional<String> value(String sql, @Nullable Object... parameters) {
    return query(sql, Row::firstText, parameters).stream().flatMap(Optional::stream).findFirst();
  }

  /** Runs a statement whose result, if any, does not matter. */
  public void execute(String sql, @Nullable Object... parameters) {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      statement.execute();
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "run " + sql, "");
    }
  }

  /** Runs a statement that has no result, and says how many rows it has changed. */
  public long update(String sql, @Nullable Object... parameters) {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      return statement.executeLargeUpdate();
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "run " + sql, "");
    }
  }

  /**
   * Runs work in a transaction, which is committed when the work returns and rolled back when it
   * throws. Where the commit itself fails with POSTGRES_UNREACHABLE, it may have happened.
   */
  public <T> T transaction(Supplier<T> work) {
    return transaction("BEGIN", work);
  }

  /**
   * Runs work that reads what another session's snapshot sees, such as that of a {@link
   * LogicalSlot}; writing is refused.
   */
  public <T> T inSnapshot(String snapshot, Supplier<T> work) {
    if (!snapshot.matches("[0-9A-F-]+")) {
      throw new IllegalArgumentException("not a snapshot's name: '" + snapshot + "'");
    }
    return transaction(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        () -> {
          execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
          return work.get();
        });
  }

  private <T> T transaction(String begin, Supplier<T> work) {
    if (state() != TransactionState.IDLE) {
      throw new IllegalStateException("the session is in a transaction");
    }
    execute(begin);
    try {
      T result = work.get();
      commit();
      return result;
    } catch (Throwable e) {
      afterFailure(e, () -> execute("ROLLBACK"));
      throw e;
    }
  }

  private void commit() {
    // The server would answer with ROLLBACK, which is no error.
    if (state() == TransactionState.FAILED) {
      throw PostgresFailures.statement(
          new SQLException("a statement in the transaction has failed", "25P02"), "commit", "");
    }
    execute("COMMIT");
  }

  private TransactionState state() {
    try {
      return connection.unwrap(BaseConnection.class).getTransactionState();
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "see whether it is in a transaction", "");
    }
  }

  /** Runs what takes longer than the endpoint's statement timeout, with another limit. */
  public <T> T within(Duration limit, Supplier<T> work) {
    Duration before = statementLimit;
    limitStatements(limit);
    T result;
    try {
      result = work.get();
    } catch (Throwable e) {
      afterFailure(e, () -> limitStatements(before));
      throw e;
    }
    if (!isClosed()) {
      limitStatements(before);
    }
    return result;
  }

  /** What there is to tidy up must not hide why: a failed transaction refuses every statement. */
  private void afterFailure(Throwable failure, Runnable tidyUp) {
    try {
      if (!isClosed()) {
        tidyUp.run();
      }
    } catch (PostgresException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * COPY … TO STDOUT, in the caller's limit.
   *
   * @return how many rows
   * @throws IOException of the stream
   */
  public long copyOut(String sql, OutputStream to) throws IOException {
    return copyOut(sql, (CopySink<IOException>) (buffer, length) -> to.write(buffer, 0, length));
  }

  /**
   * COPY … TO STDOUT, in the caller's limit, row by row. Where {@code to} throws, the copy is
   * cancelled and the session can be used again.
   *
   * @return how many rows
   */
  public <E extends Exception> long copyOut(String sql, CopySink<E> to) throws E {
    return copy.out(sql, to);
  }

  /**
   * COPY … FROM STDIN, in the caller's limit. Closing the stream ends it; closing the session
   * without that drops what was copied. What the server refuses is the cause of an IOException.
   */
  public OutputStream copyIn(String sql) {
    return copy.in(sql);
  }

  /** Takes what COPY … FROM STDIN is to read, in pieces of any length. */
  @FunctionalInterface
  public interface CopyTarget {
    /**
     * Sends a piece.
     *
     * @param length of what is sent of the bytes, from the first
     * @throws PostgresException where the server refuses what came before, or is gone
     */
    void write(byte[] bytes, int length);
  }

  /** Writes all that is to be copied. */
  @FunctionalInterface
  public interface CopyWriter<E extends Exception> {
    void writeTo(CopyTarget target) throws E;
  }

  /**
   * COPY … FROM STDIN of all that a writer writes, in the caller's limit. Where it throws, nothing
   * is copied.
   *
   * @return how many rows
   */
  public <E extends Exception> long copyIn(String sql, CopyWriter<E> writer) throws E {
    return copy.in(sql, writer);
  }

  /** Gives a role a password; only what it is checked by goes over the wire and into a log. */
  public void setPassword(String role, String password) {
    char[] secret = password.toCharArray();
    try {
      connection.unwrap(PGConnection.class).alterUserPassword(role, secret, null);
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "set the password of " + role, "");
    } finally {
      Arrays.fill(secret, ' ');
    }
  }

  public ServerVersion serverVersion() {
    return version;
  }

  public boolean isInRecovery() {
    return "t".equals(required("SELECT pg_is_in_recovery()"));
  }

  /** The server's clock. */
  public Instant now() {
    return first("SELECT clock_timestamp() AS now", row -> row.optionalInstant("now"))
        .flatMap(found -> found)
        .orElseThrow(() -> new IllegalStateException("clock_timestamp() gave no row"));
  }

  /** How far WAL is written; on a standby the later of received and replayed. */
  public Lsn currentWalLsn() {
    return Lsn.parse(
        required(
            "SELECT CASE WHEN pg_is_in_recovery()"
                + " THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
                + " ELSE pg_current_wal_lsn() END"));
  }

  public SystemId systemIdentifier() {
    // The column is a signed bigint; identifiers are written unsigned.
    return new SystemId(
        Long.parseLong(required("SELECT system_identifier FROM pg_control_system()")));
  }

  /** The timeline that is written, or on a standby the latest that it has received or replayed. */
  public Timeline currentTimeline() {
    if (!isInRecovery()) {
      // pg_control follows a promotion only at the next checkpoint.
      return Timeline.parseHex(
          required("SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"));
    }
    return new Timeline(
        Integer.parseInt(
            required(
                "SELECT greatest(c.timeline_id, r.min_recovery_end_timeline,"
                    + " (SELECT received_tli FROM pg_stat_wal_receiver))"
                    + " FROM pg_control_checkpoint() c, pg_control_recovery() r")));
  }

  /** wal_segment_size. */
  public WalSegmentSize walSegmentSize() {
    return new WalSegmentSize(
        Integer.parseInt(
            required("SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'")));
  }

  /** A setting as SHOW writes it; empty where there is none of that name or it may not be seen. */
  public Optional<String> setting(String name) {
    // pg_settings leaves out what may not be seen; current_setting refuses it.
    return value("SELECT current_setting(name) FROM pg_settings WHERE name = ?", name);
  }

  /** Those of the settings that exist and may be seen, as SHOW writes them. */
  public Map<String, String> settings(List<String> names) {
    Map<String, String> found = new LinkedHashMap<>();
    names.forEach(name -> setting(name).ifPresent(value -> found.put(name, value)));
    return found;
  }

  /**
   * pg_backup_start. Waits for a checkpoint, with {@code fast} one at full speed, else one that may
   * take most of checkpoint_timeout: give it its own limit by {@link #within}.
   *
   * @return the backup's start
   */
  public Lsn backupStart(String label, boolean fast) {
    return one(
        "start a backup",
        "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean)",
        "SELECT pg_backup_start(?, ?) AS lsn",
        row -> row.lsn("lsn"),
        label,
        fast);
  }

  /** pg_backup_stop of the backup that this session has started. */
  public BackupStop backupStop(boolean waitForArchive) {
    return one(
        "stop the backup",
        "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean)",
        "SELECT * FROM pg_backup_stop(?)",
        BackupStop::read,
        waitForArchive);
  }

  /** pg_create_restore_point. */
  public Lsn createRestorePoint(String name) {
    return one(
        "create a restore point",
        "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text)",
        "SELECT pg_create_restore_point(?) AS lsn",
        row -> row.lsn("lsn"),
        name);
  }

  /** pg_switch_wal: the address after the last byte that was written before the switch. */
  public Lsn switchWal() {
    return one(
        "switch to a new WAL segment",
        "GRANT EXECUTE ON FUNCTION pg_switch_wal()",
        "SELECT pg_switch_wal() AS lsn",
        row -> row.lsn("lsn"));
  }

  /** pg_logical_emit_message: something small in the WAL. */
  public Lsn emitMessage(boolean transactional, String prefix, String content) {
    return one(
        "emit a message",
        "GRANT EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, text)",
        "SELECT pg_logical_emit_message(?, ?, ?) AS lsn",
        row -> row.lsn("lsn"),
        transactional,
        prefix,
        content);
  }

  public void checkpoint() {
    query("run a checkpoint", "GRANT pg_checkpoint", "CHECKPOINT", Row::firstText);
  }

  public List<ReplicationSlotRow> replicationSlots() {
    return query(ReplicationSlotRow.query(version), ReplicationSlotRow::read);
  }

  public List<StandbyRow> standbys() {
    return query(StandbyRow.QUERY, StandbyRow::read);
  }

  public List<TablespaceRow> tablespaces() {
    return query(TablespaceRow.QUERY, TablespaceRow::read);
  }

  public RoleAbilities roleAbilities() {
    return one("read the role's abilities", "", RoleAbilities.QUERY, RoleAbilities::read);
  }

  public boolean isClosed() {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  @Override
  public void close() {
    closeQuietly(connection);
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // Nobody waits for anything of this session any more; the server ends it by itself.
    }
  }

  private String required(String sql) {
    return one("run " + sql, "", sql, row -> Row.firstText(row).orElse(""));
  }

  private <T> T one(
      String what, String grant, String sql, Row.Reader<T> reader, @Nullable Object... parameters) {
    List<T> rows = query(what, grant, sql, reader, parameters);
    if (rows.size() != 1) {
      throw PostgresFailures.statement(
          new SQLException("got " + rows.size() + " rows, 1 was expected", "21000"), what, "");
    }
    return rows.getFirst();
  }

  private <T> List<T> query(
      String what, String grant, String sql, Row.Reader<T> reader, @Nullable Object... parameters) {
    List<T> rows = new ArrayList<>();
    try (PreparedStatement statement = prepare(sql, parameters)) {
      if (statement.execute()) {
        ResultSet result = statement.getResultSet();
        while (result.next()) {
          rows.add(reader.read(new Row(result)));
        }
      }
      return rows;
    } catch (SQLException e) {
      String to = grant.isEmpty() ? "" : grant + " TO \"" + endpoint.user() + "\";";
      throw PostgresFailures.statement(e, what, to);
    }
  }

  private PreparedStatement prepare(String sql, @Nullable Object... parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      if (parameters[i] instanceof BinaryArray array) {
        BinaryParameter.bind(statement, i + 1, array.arrayOid(), array.encoded());
      } else {
        statement.setObject(i + 1, parameters[i]);
      }
    }
    return statement;
  }

  private void limitStatements(Duration limit) {
    try {
      limitNetwork(limit);
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "set the statement timeout", "");
    }
    statementLimit = limit;
    execute("SET statement_timeout = " + limit.toMillis());
  }

  private void limitNetwork(Duration limit) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, Math.toIntExact(limit.plus(GRACE).toMillis()));
  }
}
