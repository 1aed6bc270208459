package io.tidemark.bench;

import java.util.Collection;
import java.util.Locale;

/** What several runs of one measurement came to. */
record Spread(double median, double min, double max) {

  /** Of an even number of values the median is the mean of the middle two. */
  static Spread of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** For example {@code 7.2 (6.8–7.8)}. */
  String text() {
    return min == max
        ? number(median)
        : "%s (%s–%s)".formatted(number(median), number(min), number(max));
  }

  /** One decimal, two below 10, none from 1000 on, as times, ratios and rates need. */
  static String number(double value) {
    String format = value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, value);
  }
}
