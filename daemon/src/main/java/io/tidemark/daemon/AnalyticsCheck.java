package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.FeedInspector;
import io.tidemark.analytics.FeedPlan;
import io.tidemark.analytics.TableName;
import io.tidemark.analytics.TableProblem;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.LogicalInspector;
import io.tidemark.replicamanager.LogicalPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at everything that pipelines need, and goes on after whatever is not right. */
final class AnalyticsCheck {
  private static final String RESTART = " Then restart PostgreSQL.";

  private final AnalyticsDesk desk;
  private final List<Finding> findings = new ArrayList<>();

  AnalyticsCheck(AnalyticsDesk desk) {
    this.desk = desk;
  }

  List<Finding> run() {
    attempt("target", this::target);
    desk.plans(Optional.empty(), Optional.empty())
        .forEach(plan -> attempt(plan.name(), () -> source(plan)));
    return List.copyOf(findings);
  }

  private void attempt(String check, Runnable look) {
    try {
      look.run();
    } catch (TidemarkException e) {
      findings.add(Finding.fail(check, String.valueOf(e.getMessage()), e.hint()));
    }
  }

  private void target() {
    AnalyticsState state = desk.state();
    PostgresSession session = state.session();
    String role = session.value("SELECT quote_ident(current_user)").orElse("");
    String database = session.value("SELECT quote_ident(current_database())").orElse("");
    findings.add(
        Finding.ok(
            "target",
            "PostgreSQL %s answers as %s".formatted(session.serverVersion().full(), role)));
    require(
        "target role",
        holds(session, "has_database_privilege(current_database(), 'CREATE')"),
        role + " may make schemas in " + database,
        "GRANT CREATE ON DATABASE %s TO %s;".formatted(database, role));
    prefer(
        "target role",
        holds(
            session,
            "(SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)"),
        role + " may make analysts' roles",
        "ALTER ROLE %s CREATEROLE;".formatted(role));
    prefer(
        "target role",
        holds(session, "pg_has_role('pg_monitor', 'MEMBER')"),
        role + " may see what queries cost",
        "GRANT pg_monitor TO %s;".formatted(role));
  }

  private void source(AnalyticsPlan plan) {
    try (PostgresSession session = PostgresSession.open(plan.primary())) {
      server(plan, session);
    }
    switch (plan) {
      case AnalyticsPlan.Merge merge -> {
        try (FeedInspector inspector = new FeedInspector(merge.spec())) {
          tables(plan, inspector.plan());
        }
      }
      case AnalyticsPlan.Native its -> {
        try (LogicalInspector inspector = new LogicalInspector(its.spec())) {
          subscribed(plan, inspector.plan());
        }
      }
    }
  }

  private void server(AnalyticsPlan plan, PostgresSession session) {
    String role = session.value("SELECT quote_ident(current_user)").orElse("");
    String database = session.value("SELECT quote_ident(current_database())").orElse("");
    String level = session.setting("wal_level").orElse("unknown");
    require(
        plan.name(),
        level.equals("logical"),
        "wal_level is " + level + " (needed: logical)",
        "ALTER SYSTEM SET wal_level = 'logical';" + RESTART);
    require(
        plan.name(),
        holds(
            session,
            "(SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user)"),
        role + " may replicate",
        "ALTER ROLE %s REPLICATION;".formatted(role));
    require(
        plan.name(),
        holds(session, "has_database_privilege(current_database(), 'CREATE')"),
        role + " may make publications in " + database,
        "GRANT CREATE ON DATABASE %s TO %s;".formatted(database, role));
    room(plan, session, "max_replication_slots", "SELECT count(*) FROM pg_replication_slots");
    room(plan, session, "max_wal_senders", "SELECT count(*) FROM pg_stat_replication");
    prefer(
        plan.name(),
        !session.setting("max_slot_wal_keep_size").equals(Optional.of("-1")),
        "max_slot_wal_keep_size limits what a slot keeps while the target is away",
        "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();");
  }

  /** A source needs one of each, and a second while tables are copied beside. */
  private void room(AnalyticsPlan plan, PostgresSession session, String setting, String used) {
    long most = session.setting(setting).map(Long::parseLong).orElse(0L);
    long now = session.value(used).map(Long::parseLong).orElse(0L);
    boolean there =
        session.replicationSlots().stream()
            .anyMatch(slot -> slot.name().name().equals(plan.source().slot()));
    long needed = now + (there ? 1 : 2);
    require(
        plan.name(),
        needed <= most,
        "%s: %d of %d in use, and up to %d needed".formatted(setting, now, most, needed),
        "ALTER SYSTEM SET %s = %d;".formatted(setting, needed + 4) + RESTART);
  }

  private void subscribed(AnalyticsPlan plan, LogicalPlan found) {
    found
        .left()
        .forEach(
            table ->
                findings.add(
                    Finding.warn(plan.name(), table.name() + ": " + table.why(), table.advice())));
    readable(plan, found.tables().stream().map(table -> NativeTables.name(table.name())).toList());
    found.unable().ifPresent(why -> findings.add(Finding.fail(plan.name(), why, "")));
  }

  private void tables(AnalyticsPlan plan, FeedPlan found) {
    for (TableProblem problem : found.problems()) {
      findings.add(
          Finding.warn(plan.name(), problem.table() + ": " + problem.found(), problem.advice()));
    }
    readable(plan, found.tables().stream().map(FeedPlan.Table::name).toList());
  }

  private void readable(AnalyticsPlan plan, List<TableName> tables) {
    try (PostgresSession session = PostgresSession.open(plan.decoded())) {
      for (TableName table : tables) {
        String name =
            session.value("SELECT format('%I.%I', ?, ?)", table.schema(), table.table()).orElse("");
        boolean readable =
            session
                .value("SELECT has_any_column_privilege(?, 'SELECT')", name)
                .filter("t"::equals)
                .isPresent();
        if (!readable) {
          findings.add(
              Finding.fail(
                  plan.name(),
                  name + " may not be read",
                  "GRANT SELECT ON %s TO %s;"
                      .formatted(
                          name, session.value("SELECT quote_ident(current_user)").orElse(""))));
        }
      }
    }
    findings.add(
        tables.isEmpty()
            ? Finding.fail(plan.name(), "no table can be taken", "See: tidemark analytics plan")
            : Finding.ok(plan.name(), tables.size() + " tables can be taken"));
  }

  private static boolean holds(PostgresSession session, String condition) {
    return session.value("SELECT 1 WHERE " + condition).isPresent();
  }

  private void require(String check, boolean holds, String what, String change) {
    findings.add(holds ? Finding.ok(check, what) : Finding.fail(check, "not so: " + what, change));
  }

  private void prefer(String check, boolean holds, String what, String change) {
    findings.add(holds ? Finding.ok(check, what) : Finding.warn(check, "not so: " + what, change));
  }
}
