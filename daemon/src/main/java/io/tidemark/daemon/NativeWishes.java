package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.FeedPosition;
import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.LogicalWish;
import io.tidemark.replicamanager.LogicalWishes;
import io.tidemark.replicamanager.TableName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What commands have left in the target for a native pipeline. One thread uses it. */
final class NativeWishes implements LogicalWishes, AutoCloseable {
  private final String pipeline;
  private final String source;
  private final AnalyticsPlan.Native plan;
  private @Nullable AnalyticsState state;

  NativeWishes(AnalyticsPlan.Native plan) {
    this.plan = plan;
    this.pipeline = plan.pipeline().name();
    this.source = plan.source().name();
  }

  private AnalyticsState state() {
    AnalyticsState open = state;
    if (open == null || open.session().isClosed()) {
      open = AnalyticsState.open(plan.spec().target(), plan.spec().stateSchema()).install();
      state = open;
    }
    return open;
  }

  /** Whether a command has ever started it, and none has given it up since. */
  boolean isStarted() {
    return state().wish(pipeline, source).isPresent();
  }

  @Override
  public LogicalWish wish() {
    Optional<String> wish = state().wish(pipeline, source);
    return switch (wish.orElse("paused")) {
      case "running" -> LogicalWish.RUNNING;
      case "dropped" -> LogicalWish.DROPPED;
      default -> LogicalWish.PAUSED;
    };
  }

  @Override
  public List<Resync> resyncs() {
    List<Resync> wanted = new ArrayList<>();
    for (AnalyticsState.Request request : state().requests(pipeline, source)) {
      if (request.kind().equals("resync")) {
        wanted.add(
            new Resync(
                request.id(),
                Optional.of(request.detail())
                    .filter(detail -> !detail.isEmpty())
                    .map(NativeWishes::table)));
      } else {
        state().answer(pipeline, source, request.id(), "refused: " + request.kind());
      }
    }
    return wanted;
  }

  /** As the command wrote it: letters as they are. */
  private static TableName table(String detail) {
    io.tidemark.analytics.TableName its = io.tidemark.analytics.TableName.parse(detail);
    return new TableName(Optional.empty(), its.schema(), its.table());
  }

  @Override
  public void done(long id, String outcome) {
    state().answer(pipeline, source, id, outcome);
  }

  /** As of when the data is that the target has; empty before its first copy is complete. */
  Optional<Instant> dataAsOf() {
    return state().position(pipeline, source).flatMap(FeedPosition::dataAsOf);
  }

  /** Leaves in the target where it stands. */
  void isAt(Lsn applied, Instant dataAsOf) {
    state().subscriptionAt(pipeline, plan.source(), applied, dataAsOf);
  }

  /** Everything is copied anew. */
  void isAtNothing() {
    state().forgetSubscription(pipeline, source);
  }

  /** Nothing is left of it at the source. */
  void forget() {
    state().forget(pipeline, source);
  }

  @Override
  public void close() {
    AnalyticsState open = state;
    state = null;
    if (open != null) {
      open.close();
    }
  }
}
