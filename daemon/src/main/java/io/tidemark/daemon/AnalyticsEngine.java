package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.List;

/** Moves one source of a pipeline. One thread takes its turns; any may ask how it stands. */
sealed interface AnalyticsEngine extends AutoCloseable permits MergeEngine, NativeEngine {

  static AnalyticsEngine of(AnalyticsPlan plan) {
    return switch (plan) {
      case AnalyticsPlan.Merge merge -> new MergeEngine(merge.spec());
      case AnalyticsPlan.Native its -> new NativeEngine(its);
    };
  }

  /**
   * Takes one turn.
   *
   * @return how long to wait before the next
   * @throws TidemarkException what could not be done; the next turn tries again
   */
  Duration step() throws InterruptedException;

  /** How it stands. */
  AnalyticsReport report();

  /** Every decision's word. */
  List<String> words();

  /** Every state of a table. */
  List<String> states();

  /** Lets a turn under way come to its end soon. */
  void end();

  @Override
  void close();
}
