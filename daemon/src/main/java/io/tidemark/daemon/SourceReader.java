package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.FeedPosition;
import io.tidemark.analytics.TableRow;
import io.tidemark.analytics.TableState;
import io.tidemark.analytics.Verified;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.replicamanager.LogicalInspector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Looks at sources of pipelines in both databases, and changes nothing. */
final class SourceReader {
  private static final Duration RATE_LOOK = Duration.ofSeconds(1);

  /** While heartbeats come, a position moves with each; the shortest that is said to be none. */
  private static final Duration STALLED = Duration.ofSeconds(30);

  private final AnalyticsState state;
  private final boolean installed;

  SourceReader(AnalyticsState state) {
    this.state = state;
    this.installed = state.isInstalled();
  }

  /** What the source's server says. */
  private record Server(Optional<Lsn> end, Optional<ReplicationSlotRow> slot, String problem) {
    static Server ask(AnalyticsPlan plan) {
      try (PostgresSession session = PostgresSession.open(plan.decoded())) {
        return new Server(
            Optional.of(session.currentWalLsn()),
            session.replicationSlots().stream()
                .filter(slot -> slot.name().name().equals(plan.source().slot()))
                .findFirst(),
            "");
      } catch (TidemarkException e) {
        return new Server(
            Optional.empty(), Optional.empty(), "the source does not answer: " + e.getMessage());
      }
    }
  }

  List<SourceStatus> read(List<AnalyticsPlan> plans) throws InterruptedException {
    Map<String, Lsn> before = new LinkedHashMap<>();
    plans.forEach(
        plan -> applied(plan, Server.ask(plan)).ifPresent(lsn -> before.put(plan.name(), lsn)));
    long began = System.nanoTime();
    if (!before.isEmpty()) {
      Thread.sleep(RATE_LOOK);
    }
    List<SourceStatus> all = new ArrayList<>();
    for (AnalyticsPlan plan : plans) {
      Server server = Server.ask(plan);
      Optional<Lsn> applied = applied(plan, server);
      double seconds = (System.nanoTime() - began) / 1e9;
      Optional<Long> rate =
          applied.flatMap(
              now ->
                  Optional.ofNullable(before.get(plan.name()))
                      .map(then -> (long) (Math.max(0, now.minus(then)) / seconds)));
      all.add(status(plan, server, applied, rate));
    }
    return all;
  }

  /** A subscription's slot is confirmed to what it has applied. */
  private Optional<Lsn> applied(AnalyticsPlan plan, Server server) {
    return switch (plan) {
      case AnalyticsPlan.Merge _ -> position(plan).map(FeedPosition::applied);
      case AnalyticsPlan.Native _ -> server.slot().flatMap(ReplicationSlotRow::confirmedFlushLsn);
    };
  }

  private Optional<FeedPosition> position(AnalyticsPlan plan) {
    return installed
        ? state.position(plan.pipeline().name(), plan.source().name())
        : Optional.empty();
  }

  private SourceStatus status(
      AnalyticsPlan plan, Server server, Optional<Lsn> applied, Optional<Long> rate) {
    Optional<FeedPosition> position = position(plan);
    List<AnalyticsReport.Table> tables = tables(plan);
    String word = word(plan, position, server, tables);
    return new SourceStatus(
        plan.pipeline().name(),
        plan.source().name(),
        plan.pipeline().engine().name().toLowerCase(Locale.ROOT),
        word,
        position.flatMap(FeedPosition::dataAsOf),
        position.flatMap(FeedPosition::age),
        applied,
        server.end().flatMap(end -> applied.map(at -> Math.max(0, end.minus(at)))),
        rate,
        server.slot().flatMap(ReplicationSlotRow::safeWalSize),
        position.map(FeedPosition::transactions).orElse(0L),
        position.map(FeedPosition::changes).orElse(0L),
        tables,
        problems(plan, word, server, tables));
  }

  private List<AnalyticsReport.Table> tables(AnalyticsPlan plan) {
    if (!installed) {
      return List.of();
    }
    return switch (plan) {
      case AnalyticsPlan.Merge _ -> {
        List<TableRow> rows = state.tables(plan.pipeline().name(), plan.source().name());
        yield MergeEngine.tables(rows);
      }
      case AnalyticsPlan.Native its -> taken(its);
    };
  }

  /** Also those that wait, and why. Before it is started nothing is taken. */
  private List<AnalyticsReport.Table> taken(AnalyticsPlan.Native plan) {
    if (state.wish(plan.pipeline().name(), plan.source().name()).isEmpty()) {
      return List.of();
    }
    try (LogicalInspector inspector = new LogicalInspector(plan.spec())) {
      return inspector.tables().stream().map(NativeTables::reported).toList();
    } catch (TidemarkException e) {
      // The source does not answer, which is said already: the target alone knows of these.
      return subscribed(plan);
    }
  }

  private List<AnalyticsReport.Table> subscribed(AnalyticsPlan plan) {
    return state
        .session()
        .query(
            """
            SELECT n.nspname || '.' || c.relname AS name,
                   CASE r.srsubstate WHEN 'i' THEN 'queued' WHEN 'd' THEN 'copying'
                        WHEN 'r' THEN 'following' ELSE 'catching-up' END AS state
              FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid
              JOIN pg_class c ON c.oid = r.srrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE s.subname = ?
               AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
             ORDER BY 1
            """,
            row ->
                new AnalyticsReport.Table(
                    row.text("name"), row.text("name"), row.text("state"), 0, 0, 0, ""),
            plan.source().publication());
  }

  private String word(
      AnalyticsPlan plan,
      Optional<FeedPosition> position,
      Server server,
      List<AnalyticsReport.Table> tables) {
    Optional<String> wish =
        installed ? state.wish(plan.pipeline().name(), plan.source().name()) : Optional.empty();
    if (wish.isEmpty()) {
      return "not started";
    }
    if (!wish.get().equals("running")) {
      return wish.get().equals("paused") ? "paused" : "dropping";
    }
    return switch (plan) {
      case AnalyticsPlan.Merge _ -> position.map(at -> running(plan, at)).orElse("starting");
      case AnalyticsPlan.Native _ -> subscribed(server, tables);
    };
  }

  private static String running(AnalyticsPlan plan, FeedPosition position) {
    if (!position.copied()) {
      return "copying";
    }
    Duration beats = plan.pipeline().heartbeat().multipliedBy(5);
    Duration limit = beats.compareTo(STALLED) > 0 ? beats : STALLED;
    return position.updatedBefore().compareTo(limit) > 0 ? "stalled" : "following";
  }

  private static String subscribed(Server server, List<AnalyticsReport.Table> tables) {
    if (server.slot().isEmpty()) {
      return "starting";
    }
    if (tables.stream().anyMatch(table -> table.state().equals("copying"))) {
      return "copying";
    }
    return server.slot().get().active() ? "following" : "stalled";
  }

  private List<String> problems(
      AnalyticsPlan plan, String word, Server server, List<AnalyticsReport.Table> tables) {
    List<String> problems = new ArrayList<>();
    if (!server.problem().isEmpty()) {
      problems.add(server.problem());
    }
    if (word.equals("stalled")) {
      problems.add("nothing is applied: no daemon runs, or it fails; see its log and /analytics");
    }
    if (List.of("copying", "following", "stalled").contains(word)
        && server.problem().isEmpty()
        && server.slot().isEmpty()) {
      problems.add("its slot " + plan.source().slot() + " is gone: it is brought in again");
    }
    server
        .slot()
        .flatMap(ReplicationSlotRow::walStatus)
        .filter(status -> !status.equals("reserved") && !status.equals("extended"))
        .ifPresent(status -> problems.add("its slot's WAL is " + status));
    for (AnalyticsReport.Table table : tables) {
      if (table.state().equals(TableState.HELD.word())
          || table.state().equals(TableState.REFUSED.word())) {
        problems.add(table.table() + " is " + table.state() + ": " + table.note());
      }
    }
    differing(plan).forEach(problems::add);
    return problems;
  }

  private List<String> differing(AnalyticsPlan plan) {
    if (!installed) {
      return List.of();
    }
    return state.verified().stream()
        .filter(each -> each.pipeline().equals(plan.pipeline().name()))
        .filter(each -> each.source().equals(plan.source().name()) && each.mismatches() > 0)
        .map(SourceReader::differing)
        .toList();
  }

  private static String differing(Verified each) {
    return "%s differed in %d rows when it was compared at %s"
        .formatted(each.table(), each.mismatches(), Human.time(each.at()));
  }
}
