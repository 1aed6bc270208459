package io.tidemark.daemon;

import io.tidemark.replicamanager.LogicalDecision;
import io.tidemark.replicamanager.LogicalReport;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps in the target as of when the data of a native pipeline is, from the end of its first copy
 * on. It is in the target so that commands and analysts see it, and so that a daemon that is
 * started anew knows that the copy is complete. One thread writes, any reads.
 */
final class NativeProgress {
  private final NativeWishes state;
  private volatile @Nullable Instant dataAsOf;
  private boolean read;

  NativeProgress(NativeWishes state) {
    this.state = state;
  }

  /** Empty before the first copy is complete. */
  Optional<Instant> dataAsOf() {
    return Optional.ofNullable(dataAsOf);
  }

  /** Takes a report into account; throws TidemarkException where the target cannot be asked. */
  void keep(LogicalReport report) {
    if (report.decision() instanceof LogicalDecision.Rebuild) {
      state.isAtNothing();
      dataAsOf = null;
      read = true;
      return;
    }
    if (!read) {
      dataAsOf = state.dataAsOf().orElse(null);
      read = true;
    }
    // Tables that come later are copied beside those that follow: the first copy is what counts.
    boolean copied = dataAsOf != null || report.complete();
    Optional<Instant> newest = report.position().flatMap(LogicalReport.Position::dataAsOf);
    if (copied && report.ready() > 0 && newest.isPresent() && isNews(newest.get())) {
      state.isAt(report.position().orElseThrow().applied(), newest.get());
      dataAsOf = newest.get();
    }
  }

  private boolean isNews(Instant at) {
    Instant known = dataAsOf;
    return known == null || at.isAfter(known);
  }

  /** It is not started, or was dropped. */
  void forget() {
    dataAsOf = null;
    read = false;
  }
}
