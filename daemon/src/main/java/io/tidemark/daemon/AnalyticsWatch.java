package io.tidemark.daemon;

import io.tidemark.analytics.AnalystViews;
import io.tidemark.analytics.Analysts;
import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.LastRefresh;
import io.tidemark.analytics.Verified;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into the analytics database now and then: what comparisons and refreshes came to. Keeps the
 * views and rights of analysts as they are to be, also for schemas that came later.
 */
final class AnalyticsWatch implements Loop.Step, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AnalyticsWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(15);

  private final AnalyticsSettings settings;
  private final Complaint complaint = new Complaint(LOG, "the analytics database");
  private volatile @Nullable Seen seen;
  private @Nullable AnalyticsState state;
  private String refused = "";

  /** What the last look found. */
  record Seen(List<Verified> verified, List<LastRefresh> refreshes) {
    Seen {
      verified = List.copyOf(verified);
      refreshes = List.copyOf(refreshes);
    }
  }

  AnalyticsWatch(AnalyticsSettings settings) {
    this.settings = settings;
  }

  /** Null before the first look, and while the database is away. */
  @Nullable Seen seen() {
    return seen;
  }

  @Override
  public Duration take() throws InterruptedException {
    try {
      AnalyticsState open = state();
      seen = new Seen(open.verified(), open.refreshes());
      prepare(open);
      complaint.works();
    } catch (TidemarkException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      seen = null;
      complaint.fails(e);
      close();
    }
    return EVERY;
  }

  private AnalyticsState state() {
    AnalyticsState open = state;
    if (open == null || open.session().isClosed()) {
      open = AnalyticsState.open(settings, "tidemark_analytics");
      state = open;
      open.install();
    }
    return open;
  }

  /** Analysts are not what the data needs: where the role may not, it is said once. */
  private void prepare(AnalyticsState open) throws InterruptedException {
    try {
      Analysts.of(open.session(), settings).prepare();
      AnalystViews.of(open.session(), settings).install();
      refused = "";
    } catch (TidemarkException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (!refused.equals(e.getMessage())) {
        refused = String.valueOf(e.getMessage());
        LOG.warn("the analysts' group and views are not as they are to be: {}", e.explain());
      }
    }
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
