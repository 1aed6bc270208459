package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.LogicalReport.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says as of when the data of a subscription is, and writes nothing to the source for it: what had
 * been committed at a moment lies before where the source wrote WAL right after it, so the target
 * has it when the slot is confirmed that far. PostgreSQL confirms what other databases wrote, too
 * (WalSndWaitForWal in walsender.c, send_feedback in worker.c): an idle database stays fresh. A
 * commit with synchronous_commit = off counts from when it is written, up to three times
 * wal_writer_delay later. One thread uses it.
 */
final class LogicalAge {
  /** Of moments that wait to be confirmed; where there are more, every other one is forgotten. */
  static final int MOST = 1024;

  /**
   * A moment.
   *
   * @param at by the source's clock
   * @param end before which everything lies that was committed by then
   */
  private record Moment(Instant at, Lsn end) {}

  private final List<Moment> waiting = new ArrayList<>();
  private @Nullable Instant dataAsOf;
  private @Nullable Lsn applied;
  private Instant movedAt = Instant.EPOCH;

  /**
   * Takes a look into account.
   *
   * @param at by this machine's clock
   * @return empty where nothing is confirmed
   */
  Optional<Position> seen(LogicalProgress progress, Instant at) {
    wrote(new Moment(progress.clock(), progress.current()));
    progress.confirmed().ifPresent(confirmed -> confirmed(confirmed, at));
    return progress
        .confirmed()
        .map(confirmed -> new Position(confirmed, Optional.ofNullable(dataAsOf), movedAt));
  }

  /** Tables are copied anew: what was known is of no more use. */
  void forget() {
    waiting.clear();
    dataAsOf = null;
    applied = null;
  }

  private void wrote(Moment now) {
    // A source that was put back writes from an earlier position on.
    waiting.removeIf(moment -> !moment.end().isBefore(now.end()));
    waiting.add(now);
    if (waiting.size() > MOST) {
      thin();
    }
  }

  private void thin() {
    List<Moment> kept = new ArrayList<>();
    for (int i = waiting.size() - 1; i >= 0; i -= 2) {
      kept.addFirst(waiting.get(i));
    }
    waiting.clear();
    waiting.addAll(kept);
  }

  private void confirmed(Lsn confirmed, Instant at) {
    if (!confirmed.equals(applied)) {
      applied = confirmed;
      movedAt = at;
    }
    while (!waiting.isEmpty() && confirmed.isAtLeast(waiting.getFirst().end())) {
      dataAsOf = waiting.removeFirst().at();
    }
  }
}
