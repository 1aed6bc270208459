package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DriverSql;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A pipeline's subscription and slot, by PostgreSQL's commands. The slot is always made and dropped
 * by itself, so that a subscription whose source is away can be dropped, too.
 */
final class Subscription {
  /** From which major on a role that is no superuser may make one. */
  static final int ROLE_SINCE = 16;

  private static final int FAILOVER_SINCE = 17;
  private static final int PARALLEL_SINCE = 16;
  private static final Duration SLOT_LIMIT = Duration.ofMinutes(5);

  /** A tenth of a second each. */
  private static final int LOOKS = 300;

  /** While a statement with a password runs; superusers may set them. */
  private static final List<String> QUIET =
      List.of(
          "SET log_statement = 'none'",
          "SET log_min_error_statement = 'panic'",
          "SET log_min_duration_statement = -1",
          "SET log_min_duration_sample = -1",
          "SET pg_stat_statements.track_utility = off");

  private static final List<String> AS_BEFORE =
      List.of(
          "RESET log_statement",
          "RESET log_min_error_statement",
          "RESET log_min_duration_statement",
          "RESET log_min_duration_sample",
          "RESET pg_stat_statements.track_utility");

  private final LogicalSpec spec;
  private final PostgresSession target;
  private final Optional<Supplier<PostgresSession>> source;

  /**
   * @param source opened when it is needed
   */
  Subscription(
      LogicalSpec spec, PostgresSession target, Optional<Supplier<PostgresSession>> source) {
    this.spec = spec;
    this.target = target;
    this.source = source;
  }

  /**
   * Makes slot and subscription; a slot of that name that nobody reads is dropped before.
   *
   * @param sourceMajor of the source's server
   */
  void create(int sourceMajor, boolean binary) {
    dropSlot();
    createSlot(sourceMajor);
    SubscriptionConninfo conninfo = spec.conninfo();
    try {
      quietly(conninfo, sql(conninfo, sourceMajor, binary));
    } catch (TidemarkException e) {
      // Nobody would read it until the next attempt, and it would keep WAL.
      dropSlot();
      throw e;
    }
  }

  private String sql(SubscriptionConninfo conninfo, int sourceMajor, boolean binary) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "create_slot = false",
                "slot_name = '" + spec.slot() + "'",
                "copy_data = true",
                "disable_on_error = true",
                "binary = " + binary,
                "streaming = " + streaming()));
    if (isFailover(sourceMajor)) {
      options.add("failover = " + spec.pipeline().failoverSlots());
    }
    return "CREATE SUBSCRIPTION %s CONNECTION %s PUBLICATION %s WITH (%s)"
        .formatted(
            spec.subscription(),
            conninfo.literal(),
            String.join(", ", spec.publications()),
            String.join(", ", options));
  }

  private void createSlot(int sourceMajor) {
    PostgresSession session = source();
    String failover =
        sourceMajor >= FAILOVER_SINCE ? ", false, " + spec.pipeline().failoverSlots() : "";
    // It waits for the end of the transactions that run.
    session.within(
        SLOT_LIMIT,
        () ->
            session.value(
                "SELECT slot_name FROM pg_create_logical_replication_slot(?, 'pgoutput', false"
                    + failover
                    + ")",
                spec.slot().name()));
  }

  /**
   * Drops the slot if it is there, waiting for its reader to leave.
   *
   * @throws TidemarkException SLOT_UNUSABLE where somebody reads it for longer than half a minute
   */
  void dropSlot() {
    PostgresSession session = source();
    for (int look = 0; look < LOOKS; look++) {
      Optional<String> active =
          session.value(
              "SELECT active::text FROM pg_replication_slots WHERE slot_name = ?",
              spec.slot().name());
      if (active.isEmpty()) {
        return;
      }
      if (active.get().equals("false")) {
        session.value("SELECT pg_drop_replication_slot(?)::text", spec.slot().name());
        return;
      }
      session.value("SELECT pg_sleep(0.1)::text");
    }
    throw new TidemarkException(
        ErrorCode.SLOT_UNUSABLE,
        "the slot %s of the source is read by somebody; expected nobody".formatted(spec.slot()),
        "See pg_stat_replication for who it is, or give the source another slot.");
  }

  /** Alters it; {@code change} follows its name. */
  void alter(String change) {
    execute("ALTER SUBSCRIPTION " + spec.subscription() + " " + change);
  }

  /** Gives it the connection that is configured. */
  void connect() {
    SubscriptionConninfo conninfo = spec.conninfo();
    quietly(
        conninfo,
        "ALTER SUBSCRIPTION " + spec.subscription() + " CONNECTION " + conninfo.literal());
  }

  /** Gives one that somebody else has made the options that ours have; it must stand still. */
  void takeOver(int sourceMajor) {
    alter("SET (disable_on_error = true, streaming = %s)".formatted(streaming()));
    if (isFailover(sourceMajor)) {
      alter("SET (failover = " + spec.pipeline().failoverSlots() + ")");
    }
    connect();
    alter("ENABLE");
  }

  private String streaming() {
    return target.serverVersion().major() >= PARALLEL_SINCE ? "parallel" : "on";
  }

  private boolean isFailover(int sourceMajor) {
    return target.serverVersion().major() >= FAILOVER_SINCE && sourceMajor >= FAILOVER_SINCE;
  }

  /** Disables it and waits until its workers have ended. */
  void stand() {
    alter("DISABLE");
    for (int look = 0; look < LOOKS; look++) {
      if (target
          .value(
              "SELECT pid FROM pg_stat_subscription WHERE subname = ? AND pid IS NOT NULL",
              spec.subscription())
          .isEmpty()) {
        return;
      }
      target.value("SELECT pg_sleep(0.1)::text");
    }
    throw new TidemarkException(
        ErrorCode.TIMED_OUT,
        "the workers of the subscription %s did not end within half a minute"
            .formatted(spec.subscription()),
        "See pg_stat_activity on the target for what they wait for.");
  }

  /** Drops it, and leaves the slot: the source need not be there. */
  void drop() {
    stand();
    alter("SET (slot_name = NONE)");
    execute("DROP SUBSCRIPTION " + spec.subscription());
  }

  private PostgresSession source() {
    return source.orElseThrow(() -> new IllegalStateException("the source was not given")).get();
  }

  private void execute(String sql) {
    target.execute(DriverSql.withoutParameters(sql));
  }

  private void quietly(SubscriptionConninfo conninfo, String sql) {
    boolean superuser =
        target
            .value("SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user")
            .filter("true"::equals)
            .isPresent();
    try {
      if (superuser) {
        QUIET.forEach(target::execute);
      }
      execute(sql);
    } catch (TidemarkException e) {
      // Without its cause: a driver's message may quote the statement.
      throw new TidemarkException(e.code(), conninfo.hide(e.getMessage()), e.hint());
    } finally {
      if (superuser && !target.isClosed()) {
        AS_BEFORE.forEach(target::execute);
      }
    }
  }
}
