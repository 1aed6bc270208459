package io.tidemark.analytics;

import io.tidemark.config.Configuration;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the turns of every feed of a configuration, until it is killed or its input ends. A source
 * that nobody has spoken of is started. What is no TidemarkException is a defect, and ends it.
 */
final class FeedProcessMain {
  static final String DEFECT = "ended by a defect";
  static final int DEFECT_EXIT = 3;

  private static final Logger LOG = LoggerFactory.getLogger(FeedProcessMain.class);
  private static final Duration AGAIN = Duration.ofMillis(200);

  private FeedProcessMain() {}

  public static void main(String[] arguments) throws IOException {
    Configuration configuration = Configuration.load(Path.of(arguments[0]));
    Map<String, Feed> feeds = new TreeMap<>();
    for (PipelineSettings pipeline : configuration.requireAnalytics().pipelines().values()) {
      for (SourceSettings source : pipeline.sources().values()) {
        Feed feed = new Feed(FeedSpec.of(configuration, pipeline, source));
        feeds.put(feed.spec().name(), feed);
      }
    }
    feeds.forEach((name, feed) -> Thread.ofPlatform().name("feed-" + name).start(() -> run(feed)));
    while (System.in.read() >= 0) {
      // Nothing is said: only the end counts.
    }
    Runtime.getRuntime().halt(0);
  }

  private static void run(Feed feed) {
    try {
      boolean wished = false;
      while (true) {
        try {
          Duration pause = feed.step();
          wished = wished || wish(feed.spec());
          Thread.sleep(pause.dividedBy(10));
        } catch (TidemarkException e) {
          LOG.info("{}: a turn failed: {}", feed.spec().name(), e.getMessage());
          Thread.sleep(AGAIN);
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      LOG.error("{}: {}", feed.spec().name(), DEFECT, e);
      Runtime.getRuntime().halt(DEFECT_EXIT);
    }
  }

  private static boolean wish(FeedSpec spec) {
    try (PostgresSession target = Sessions.target(spec.target())) {
      if (spec.state().wishes().wish(target).isEmpty()) {
        spec.state().wishes().setWish(target, "running");
      }
      return true;
    }
  }
}
