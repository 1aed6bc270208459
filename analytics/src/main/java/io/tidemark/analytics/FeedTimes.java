package io.tidemark.analytics;

import java.time.Duration;

/**
 * How often a feed looks at what no stream tells it.
 *
 * @param look what is wanted of it, and how tables stand that come in beside
 * @param catalog the source's catalog
 * @param sideAgain after it a side feed that has failed is begun again
 */
record FeedTimes(Duration look, Duration catalog, Duration sideAgain) {
  static final FeedTimes DEFAULT =
      new FeedTimes(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(10));
}
