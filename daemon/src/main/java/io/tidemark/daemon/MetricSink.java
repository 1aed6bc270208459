package io.tidemark.daemon;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Takes the values of one scrape. What is not told is not served. */
@FunctionalInterface
interface MetricSink {
  /**
   * Tells one.
   *
   * @param labels values, in the order of the metric's labels
   */
  void value(Metric metric, double value, String... labels);

  default void number(Metric metric, long value, String... labels) {
    value(metric, (double) value, labels);
  }

  default void flag(Metric metric, boolean value, String... labels) {
    value(metric, value ? 1 : 0, labels);
  }

  default void known(Metric metric, OptionalLong value, String... labels) {
    value.ifPresent(known -> number(metric, known, labels));
  }

  default void known(Metric metric, OptionalDouble value, String... labels) {
    value.ifPresent(known -> value(metric, known, labels));
  }

  default void known(Metric metric, Optional<Duration> value, String... labels) {
    value.ifPresent(known -> seconds(metric, known, labels));
  }

  default void seconds(Metric metric, Duration value, String... labels) {
    value(metric, value.toMillis() / 1000.0, labels);
  }

  default void at(Metric metric, Optional<Instant> moment, String... labels) {
    moment.ifPresent(known -> value(metric, known.toEpochMilli() / 1000.0, labels));
  }
}
