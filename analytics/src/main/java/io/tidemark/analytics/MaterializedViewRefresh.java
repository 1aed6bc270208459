package io.tidemark.analytics;

import io.tidemark.config.AnalystSettings.Refresh;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Poll;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * Refreshes a materialized view once the data below it is as fresh as the moment that it is due
 * for, after those that it reads and that are due too. Each is refreshed by one session at a time,
 * and once for one moment. What happened is in the table {@code refresh} of the state schema.
 */
public final class MaterializedViewRefresh {
  private static final Duration POLL = Duration.ofMillis(500);

  /** A REFRESH takes as long as its query; one that runs longer is cancelled. */
  private static final Duration REFRESH_LIMIT = Duration.ofHours(6);

  /** Who reads the view begins to queue behind the refresh that waits for its lock. */
  private static final Duration LOCK_LIMIT = Duration.ofMinutes(1);

  private final PostgresSession session;
  private final String stateSchema;
  private final Map<String, Set<String>> pipelinesBySchema;
  private final Map<String, Refresh> refreshes;
  private final BiPredicate<String, Instant> isDue;
  private final RefreshHistory history;

  /**
   * @param pipelinesBySchema target schema → the pipelines that write it
   * @param refreshes the settings of every view that is refreshed, by {@code schema.name}
   * @param isDue whether a view other than the one that is run is due at that moment too
   */
  public MaterializedViewRefresh(
      PostgresSession session,
      String stateSchema,
      Map<String, Set<String>> pipelinesBySchema,
      Map<String, Refresh> refreshes,
      BiPredicate<String, Instant> isDue) {
    this.session = session;
    this.stateSchema = stateSchema;
    this.pipelinesBySchema = Map.copyOf(pipelinesBySchema);
    this.refreshes = Map.copyOf(refreshes);
    this.isDue = isDue;
    this.history = new RefreshHistory(session, stateSchema);
  }

  /**
   * Runs it, and first what it reads. Blocks for the view's wait limit, and for the refreshes.
   *
   * @throws TidemarkException where the target is lost or this thread is interrupted; what the
   *     server refuses is the outcome's error
   */
  public RefreshOutcome run(String view, Instant due) {
    history.create();
    Instant deadline = session.now().plus(settings(view).waitLimit());
    List<RefreshOutcome> before =
        first(view, due).stream().map(each -> one(each, due, deadline, List.of())).toList();
    return one(view, due, deadline, before);
  }

  /** What the view reads and is due too; whatever reads another of them comes after it. */
  private List<String> first(String view, Instant due) {
    record Below(String view, int depth) {}
    List<Below> below = new ArrayList<>();
    for (String each : readsViews(view)) {
      if (!each.equals(view) && refreshes.containsKey(each) && isDue.test(each, due)) {
        below.add(new Below(each, readsViews(each).size()));
      }
    }
    // Who reads another reads all that the other reads, and the other besides.
    below.sort(Comparator.comparingInt(Below::depth).thenComparing(Below::view));
    return below.stream().map(Below::view).toList();
  }

  private Set<String> readsViews(String view) {
    try {
      return MaterializedView.read(session, view).readsViews();
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.OBJECT_MISSING) {
        return Set.of(); // Its own run says so.
      }
      throw e;
    }
  }

  private RefreshOutcome one(
      String view, Instant due, Instant deadline, List<RefreshOutcome> before) {
    RefreshAttempt attempt = new RefreshAttempt(view, due, session.now(), before);
    if (!lock(view, deadline)) {
      return recorded(
          attempt.failed(session.now(), "another session has been refreshing it until now"));
    }
    try {
      return history.isDone(view, due)
          ? attempt.doneBefore(session.now())
          : recorded(refresh(attempt, deadline));
    } finally {
      unlock(view);
    }
  }

  private RefreshOutcome recorded(RefreshOutcome outcome) {
    history.add(outcome);
    return outcome;
  }

  private RefreshOutcome refresh(RefreshAttempt attempt, Instant deadline) {
    try {
      MaterializedView view = MaterializedView.read(session, attempt.view());
      RefreshSources sources = await(attempt, view, deadline);
      attempt.start(session.now(), sources, dataAsOf(view, sources));
      Optional<String> hindrance =
          settings(view.name()).concurrently()
              ? view.hindrance()
              : Optional.of("the configuration says so");
      attempt.decide(hindrance);
      execute(view.refresh(hindrance.isEmpty()));
      return attempt.refreshed(session.now());
    } catch (TidemarkException e) {
      if (session.isClosed() || e.code() == ErrorCode.INTERRUPTED) {
        throw e;
      }
      return attempt.failed(session.now(), e.explain());
    }
  }

  private RefreshSources await(RefreshAttempt attempt, MaterializedView view, Instant deadline) {
    Instant limit = earlier(deadline, session.now().plus(settings(view.name()).waitLimit()));
    Collection<String> pipelines =
        view.reads().stream()
            .flatMap(schema -> pipelinesBySchema.getOrDefault(schema, Set.of()).stream())
            .collect(Collectors.toSet());
    while (true) {
      RefreshSources sources = RefreshSources.read(session, stateSchema, pipelines);
      if (sources.late(attempt.due()).isEmpty() || !session.now().isBefore(limit)) {
        return sources;
      }
      pause(view.name());
    }
  }

  /** Taken before the refresh: what arrives meanwhile only makes it fresher. */
  private Optional<Instant> dataAsOf(MaterializedView view, RefreshSources sources) {
    Optional<Instant> oldest = sources.oldest();
    for (String below : view.readsViews()) {
      Optional<Instant> there = history.dataAsOf(below);
      oldest = oldest.flatMap(known -> there.map(found -> earlier(known, found)));
    }
    return oldest;
  }

  private void execute(String sql) {
    session.execute("SET lock_timeout = " + LOCK_LIMIT.toMillis());
    try {
      session.within(
          REFRESH_LIMIT,
          () -> {
            session.execute(sql);
            return true;
          });
    } finally {
      if (!session.isClosed()) {
        session.execute("RESET lock_timeout");
      }
    }
  }

  private boolean lock(String view, Instant deadline) {
    while (!advisory("pg_try_advisory_lock", view)) {
      if (!session.now().isBefore(deadline)) {
        return false;
      }
      pause(view);
    }
    return true;
  }

  private void unlock(String view) {
    // A session that is lost has no locks.
    if (!session.isClosed()) {
      advisory("pg_advisory_unlock", view);
    }
  }

  private boolean advisory(String function, String view) {
    return session
        .value(
            "SELECT " + function + "(hashtext(?), hashtext(?))",
            "tidemark refresh " + stateSchema,
            view)
        .filter("t"::equals)
        .isPresent();
  }

  private Refresh settings(String view) {
    Refresh found = refreshes.get(view);
    if (found == null) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "materialized view \"%s\" is not among those that are refreshed; expected one of: %s"
              .formatted(view, String.join(", ", refreshes.keySet())),
          "add it to analysts.materialized-views");
    }
    return found;
  }

  private static void pause(String view) {
    Poll.pause(POLL, "the refresh of " + view + " was interrupted while it waited", "");
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
