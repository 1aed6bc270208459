package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DriverSql;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.LogicalDecision.AlterTable;
import io.tidemark.replicamanager.LogicalDecision.Configure;
import io.tidemark.replicamanager.LogicalDecision.CreateTable;
import io.tidemark.replicamanager.LogicalDecision.CreateType;
import io.tidemark.replicamanager.LogicalDecision.Enable;
import io.tidemark.replicamanager.LogicalDecision.Publish;
import io.tidemark.replicamanager.LogicalDecision.Rebuild;
import io.tidemark.replicamanager.LogicalDecision.Resync;
import io.tidemark.replicamanager.LogicalDecision.Truncate;
import io.tidemark.replicamanager.LogicalDecision.Unpublish;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Carries out what was decided for a native pipeline. */
final class LogicalActions {
  private final LogicalSpec spec;
  private final LogicalState state;
  private final LogicalWishes wishes;
  private final LogicalSourceObserver source;
  private final LogicalTargetObserver target;

  LogicalActions(
      LogicalSpec spec,
      LogicalState state,
      LogicalWishes wishes,
      LogicalSourceObserver source,
      LogicalTargetObserver target) {
    this.spec = spec;
    this.state = state;
    this.wishes = wishes;
    this.source = source;
    this.target = target;
  }

  /**
   * Does it.
   *
   * @throws TidemarkException POSTGRES_UNREACHABLE, POSTGRES_REFUSED, SLOT_UNUSABLE, TIMED_OUT,
   *     SECRET_UNUSABLE; never with a password in it
   */
  void run(LogicalObservation seen, LogicalDecision decision) {
    switch (decision) {
      case CreateType create -> onTarget(create.sql());
      case CreateTable create -> createTable(seen, create);
      case AlterTable alter -> alterTable(seen, alter);
      case Truncate truncate -> truncate(seen, truncate);
      case Publish publish -> publish(seen, publish);
      case Unpublish unpublish -> unpublish(unpublish);
      case Resync resync -> resync(seen, resync);
      case LogicalDecision.Subscribe subscribe -> {
        subscription().create(sourceOf(seen).major(), subscribe.binary());
        remember();
      }
      case Configure configure -> configure(configure);
      case LogicalDecision.Refresh _ -> {
        subscription().alter("REFRESH PUBLICATION");
        remember();
      }
      case Enable enable -> enable(enable);
      case LogicalDecision.Disable _ -> subscription().alter("DISABLE");
      case Rebuild rebuild -> rebuild(seen, rebuild);
      case LogicalDecision.Drop _ -> drop(seen);
      case LogicalDecision.Nothing _, LogicalDecision.Wait _, LogicalDecision.Refuse _ -> {}
    }
  }

  private Subscription subscription() {
    return new Subscription(spec, target.session(), Optional.of(source::session));
  }

  private void onTarget(String sql) {
    target.session().execute(DriverSql.withoutParameters(sql));
  }

  private void onSource(String sql) {
    source.session().execute(DriverSql.withoutParameters(sql));
  }

  private void createTable(LogicalObservation seen, CreateTable create) {
    PostgresSession session = target.session();
    if (targetOf(seen).table(create.table()).isEmpty()) {
      onTarget(
          "CREATE SCHEMA IF NOT EXISTS %s; %s"
              .formatted(TableName.quoted(create.table().schema()), create.sql()));
    }
    state.own(session, create.table(), columns(seen, create.table()));
  }

  private void alterTable(LogicalObservation seen, AlterTable alter) {
    // A rename stands alone in its statement; all of them together or none.
    target
        .session()
        .execute(
            DriverSql.withoutParameters(
                alter.changes().stream()
                    .map(change -> "ALTER TABLE " + alter.table().quoted() + " " + change)
                    .collect(Collectors.joining("; "))));
    state.own(target.session(), alter.table(), columns(seen, alter.table()));
  }

  /** Those that the target's table has then: not those that wait for a decision. */
  private List<LogicalColumn> columns(LogicalObservation seen, TableName name) {
    LogicalSource.Known known = sourceOf(seen);
    LogicalTarget.Known there = targetOf(seen);
    return known.tables().stream()
        .filter(table -> table.name().equals(name))
        .flatMap(
            table ->
                LogicalJudge.judge(spec, known, there, table)
                        instanceof LogicalVerdict.Follow follow
                    ? table.sent(follow.as().columns()).stream()
                    : table.sent().stream())
        .toList();
  }

  /** The worker may know a table as one to apply until it ends: it is to read anew. */
  private void truncate(LogicalObservation seen, Truncate truncate) {
    boolean subscribed = targetOf(seen).subscription().isPresent();
    if (subscribed) {
      subscription().stand();
    }
    try {
      onTarget(
          truncate.tables().stream()
              .map(TableName::quoted)
              .collect(Collectors.joining(", ", "TRUNCATE ", "")));
    } finally {
      if (subscribed) {
        subscription().alter("ENABLE");
      }
    }
    truncate.tables().forEach(table -> state.emptied(target.session(), table));
  }

  private void publish(LogicalObservation seen, Publish publish) {
    String tables = String.join(", ", publish.tables());
    if (sourceOf(seen).publications().contains(publish.publication())) {
      onSource("ALTER PUBLICATION %s ADD %s".formatted(publish.publication(), tables));
      return;
    }
    onSource(spec.createPublication(publish.publication(), tables));
  }

  private void unpublish(Unpublish unpublish) {
    // Written down first: from here on changes of these tables are missed.
    unpublish
        .tables()
        .forEach(table -> state.stale(target.session(), table, false, unpublish.why()));
    onSource(
        unpublish.tables().stream()
            .map(TableName::quoted)
            .collect(
                Collectors.joining(
                    ", ", "ALTER PUBLICATION " + unpublish.publication() + " DROP TABLE ", "")));
  }

  private void resync(LogicalObservation seen, Resync resync) {
    List<TableName> there =
        sourceOf(seen).tables().stream()
            .map(LogicalTable::name)
            .filter(resync.tables()::contains)
            .toList();
    boolean asked = !resync.requests().isEmpty();
    there.forEach(table -> state.stale(target.session(), table, asked, resync.why()));
    String outcome =
        switch (there.size()) {
          case 0 ->
              "refused: there is no table %s that the pipeline takes"
                  .formatted(names(resync.tables()));
          case 1 -> "it is copied again";
          default -> there.size() + " tables are copied again";
        };
    resync.requests().forEach(id -> wishes.done(id, outcome));
  }

  private static String names(List<TableName> tables) {
    return String.join(", ", tables.stream().map(TableName::toString).toList());
  }

  private void configure(Configure configure) {
    if (configure.changes().isEmpty()) {
      subscription().connect();
    }
    configure.changes().forEach(subscription()::alter);
  }

  private void enable(Enable enable) {
    subscription().alter("ENABLE");
    if (enable.refresh()) {
      subscription().alter("REFRESH PUBLICATION");
    }
  }

  private void rebuild(LogicalObservation seen, Rebuild rebuild) {
    // First: a copy into rows that are there would end in duplicates.
    state.allStale(target.session(), rebuild.why());
    subscription().drop();
    if (sourceOf(seen).slot().isPresent()) {
      subscription().dropSlot();
    }
  }

  private void drop(LogicalObservation seen) {
    if (targetOf(seen).subscription().isPresent()) {
      subscription().drop();
    }
    if (seen.source() instanceof LogicalSource.Known known) {
      if (known.slot().isPresent()) {
        subscription().dropSlot();
      }
      known.publications().forEach(name -> onSource("DROP PUBLICATION IF EXISTS " + name));
    }
    state.forget(target.session());
  }

  private void remember() {
    target
        .session()
        .query(
            "SELECT n.nspname, c.relname FROM pg_subscription_rel r"
                + " JOIN pg_subscription s ON s.oid = r.srsubid JOIN pg_class c ON c.oid = r.srrelid"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE s.subname = ?",
            row -> new TableName(Optional.empty(), row.text("nspname"), row.text("relname")),
            spec.subscription())
        .forEach(table -> state.subscribed(target.session(), table));
  }

  private static LogicalSource.Known sourceOf(LogicalObservation seen) {
    return switch (seen.source()) {
      case LogicalSource.Known known -> known;
      case LogicalSource.Unknown(String why) ->
          throw new TidemarkException(ErrorCode.POSTGRES_UNREACHABLE, why, "");
    };
  }

  private static LogicalTarget.Known targetOf(LogicalObservation seen) {
    return switch (seen.target()) {
      case LogicalTarget.Known known -> known;
      case LogicalTarget.Unknown(String why) ->
          throw new TidemarkException(ErrorCode.POSTGRES_UNREACHABLE, why, "");
    };
  }
}
