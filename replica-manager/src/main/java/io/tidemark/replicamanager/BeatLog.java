package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * When heartbeats were written without a break, by the primary's clock. Within such a span no
 * commit is older than the one before it by more than the break that is tolerated, so that the age
 * of the last commit that a standby has replayed is the age of its data. Before and between spans
 * the primary may have been idle, and an old commit may be the newest that there is.
 *
 * @param spans the oldest first, {@link #MOST} at most
 * @param tolerated the longest break
 */
public record BeatLog(List<Span> spans, Duration tolerated) {
  static final int MOST = 64;

  /**
   * Beats without a break.
   *
   * @param from the first one
   * @param to the last one
   */
  public record Span(Instant from, Instant to) {}

  public BeatLog {
    spans = List.copyOf(spans);
  }

  static BeatLog empty(Duration tolerated) {
    return new BeatLog(List.of(), tolerated);
  }

  /** With one more beat. A clock that went back begins a span that ends those after it. */
  BeatLog beat(Instant at) {
    List<Span> all =
        new ArrayList<>(spans.stream().filter(span -> !span.from.isAfter(at)).toList());
    if (!all.isEmpty() && !at.isAfter(all.getLast().to.plus(tolerated))) {
      all.add(new Span(all.removeLast().from, at));
    } else {
      all.add(new Span(at, at));
    }
    return new BeatLog(all.subList(Math.max(0, all.size() - MOST), all.size()), tolerated);
  }

  /**
   * The latest moment at which the commit that follows this one was made: itself where beats were
   * written then, else the first beat after the break.
   */
  Instant followed(Instant commit) {
    for (Span span : spans) {
      if (!commit.isAfter(span.to)) {
        return commit.isBefore(span.from.minus(tolerated)) ? span.from : commit;
      }
    }
    return commit;
  }
}
