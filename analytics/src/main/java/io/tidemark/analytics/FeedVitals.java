package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What a feed says of itself while it works. Written by its threads, read by any. */
final class FeedVitals implements FeedStream.FeedProgress {
  private final LongAdder received = new LongAdder();
  private final LongAdder missing = new LongAdder();
  private final LongAdder rebuilds = new LongAdder();
  private volatile FeedDecision decision = new FeedDecision.Wait("it has not been looked at yet");
  private volatile @Nullable TidemarkException failure;
  private volatile @Nullable Lsn applied;
  private volatile @Nullable Lsn sourceEnd;
  private volatile @Nullable FeedRow row;
  private volatile @Nullable ValueForm form;
  private volatile Instant movedAt = Instant.now();
  private volatile List<TableRow> tables = List.of();
  private volatile List<TableProblem> problems = List.of();

  void decided(FeedDecision next) {
    decision = next;
  }

  void failed(@Nullable TidemarkException e) {
    failure = e;
  }

  void seen(@Nullable FeedRow feed, List<TableRow> rows) {
    row = feed;
    tables = rows;
    if (feed != null) {
      applied(feed.applied(), Instant.now());
    }
  }

  void refused(List<TableProblem> found) {
    problems = List.copyOf(found);
  }

  /** A stream was opened, whose values come in that form. */
  void opened(ValueForm its) {
    form = its;
  }

  /** Of the stream that was opened last; empty: none was. */
  Optional<ValueForm> form() {
    return Optional.ofNullable(form);
  }

  void missed(long rows) {
    missing.add(rows);
  }

  void rebuilt() {
    rebuilds.increment();
  }

  @Override
  public void received(long bytes) {
    received.add(bytes);
  }

  @Override
  public void serverEnd(Lsn end, Instant at) {
    sourceEnd = end;
  }

  @Override
  public void applied(Lsn position, Instant at) {
    if (!position.equals(applied)) {
      applied = position;
      movedAt = at;
    }
  }

  @Override
  public void ended(@Nullable RuntimeException why) {
    if (why instanceof TidemarkException known) {
      failure = known;
    }
  }

  FeedStatus status() {
    FeedRow feed = row;
    return new FeedStatus(
        decision,
        Optional.ofNullable(failure),
        Optional.ofNullable(applied),
        Optional.ofNullable(sourceEnd),
        feed == null ? Optional.empty() : feed.dataAsOf(),
        movedAt,
        received.sum(),
        feed == null ? 0 : feed.transactions(),
        feed == null ? 0 : feed.changes(),
        missing.sum(),
        rebuilds.sum(),
        tables,
        problems);
  }
}
