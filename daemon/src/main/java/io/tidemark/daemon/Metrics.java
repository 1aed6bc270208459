package io.tidemark.daemon;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.Histogram;
import io.prometheus.client.SimpleCollector;
import io.prometheus.client.exporter.common.TextFormat;
import io.prometheus.client.hotspot.DefaultExports;
import java.io.IOException;
import java.io.Writer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The only class that knows the metrics library. Gauges and counters are asked for at each scrape;
 * events are counted as they happen. Safe for use by many threads.
 */
final class Metrics {
  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private final CollectorRegistry registry = new CollectorRegistry();
  private final Map<Metric, Counter> counters = new EnumMap<>(Metric.class);
  private final Map<Metric, Histogram> histograms = new EnumMap<>(Metric.class);

  /**
   * @param source tells the present values; called at each scrape
   */
  Metrics(Consumer<MetricSink> source) {
    for (Metric metric : Metric.values()) {
      switch (metric.kind()) {
        case EVENTS -> counters.put(metric, describe(Counter.build(), metric).register(registry));
        case HISTOGRAM ->
            histograms.put(
                metric, describe(Histogram.build().buckets(SECONDS), metric).register(registry));
        case GAUGE, COUNTER -> {}
      }
    }
    registry.register(new Present(source));
    DefaultExports.register(registry);
  }

  /** Counts what happened. */
  void count(Metric metric, double by, String... labels) {
    Counter counter = counters.get(metric);
    if (counter == null) {
      throw new IllegalArgumentException(metric + " is not counted as it happens");
    }
    counter.labels(labels).inc(by);
  }

  /** Counts how long something took. */
  void took(Metric metric, double seconds, String... labels) {
    Histogram histogram = histograms.get(metric);
    if (histogram == null) {
      throw new IllegalArgumentException(metric + " is no histogram");
    }
    histogram.labels(labels).observe(seconds);
  }

  /**
   * Writes everything in a format that the client accepts.
   *
   * @param accept the Accept header, null without one
   * @return the content type
   */
  String write(Writer to, @Nullable String accept) throws IOException {
    String type = TextFormat.chooseContentType(accept);
    TextFormat.writeFormat(
        type, to, registry.filteredMetricFamilySamples(name -> !name.endsWith("_created")));
    return type;
  }

  private static <B extends SimpleCollector.Builder<B, C>, C extends SimpleCollector<?>> B describe(
      B builder, Metric metric) {
    return builder
        .name(metric.id())
        .help(metric.help())
        .labelNames(metric.labels().toArray(String[]::new));
  }

  /** Asks the source, and sorts what it says into families. */
  private static final class Present extends Collector {
    private final Consumer<MetricSink> source;

    Present(Consumer<MetricSink> source) {
      this.source = source;
    }

    @Override
    public List<MetricFamilySamples> collect() {
      Map<Metric, MetricFamilySamples> families = new EnumMap<>(Metric.class);
      source.accept((metric, value, labels) -> add(families, metric, value, List.of(labels)));
      return List.copyOf(families.values());
    }

    private static void add(
        Map<Metric, MetricFamilySamples> families,
        Metric metric,
        double value,
        List<String> labels) {
      MetricFamilySamples family = families.computeIfAbsent(metric, Present::family);
      switch (family) {
        case GaugeMetricFamily gauge -> gauge.addMetric(labels, value);
        case CounterMetricFamily counter -> counter.addMetric(labels, value);
        default -> throw new IllegalArgumentException(metric + " is counted as it happens");
      }
    }

    private static MetricFamilySamples family(Metric metric) {
      return switch (metric.kind()) {
        case GAUGE -> new GaugeMetricFamily(metric.id(), metric.help(), metric.labels());
        case COUNTER -> new CounterMetricFamily(metric.id(), metric.help(), metric.labels());
        case EVENTS, HISTOGRAM ->
            throw new IllegalArgumentException(metric + " is counted as it happens");
      };
    }
  }
}
