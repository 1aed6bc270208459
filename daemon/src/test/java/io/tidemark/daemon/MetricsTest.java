package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.store.StoreException;
import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricsTest {
  @Test
  void documentsEveryMetricAndNoOther() throws IOException {
    Path document = Path.of(System.getProperty("tidemark.root", ".")).resolve("docs/METRICS.md");
    List<String> documented =
        Files.readAllLines(document).stream()
            .filter(line -> line.startsWith("| `tidemark_"))
            .toList();

    assertThat(documented).isEqualTo(Arrays.stream(Metric.values()).map(MetricsTest::row).toList());
  }

  @Test
  void servesWhatItIsToldAndLeavesOutWhatIsNotKnown() throws IOException {
    Metrics metrics =
        new Metrics(
            to -> {
              to.value(Metric.ARCHIVE_LAG_BYTES, 42, "main");
              to.value(Metric.ARCHIVE_LAG_BYTES, 7, "other");
              to.value(Metric.ARCHIVE_TAILS_TOTAL, 3, "main");
            });

    assertThat(text(metrics))
        .contains("# TYPE tidemark_archive_lag_bytes gauge")
        .contains("tidemark_archive_lag_bytes{cluster=\"main\",} 42.0")
        .contains("tidemark_archive_lag_bytes{cluster=\"other\",} 7.0")
        .contains("# TYPE tidemark_archive_tails_total counter")
        .contains("tidemark_archive_tails_total{cluster=\"main\",} 3.0")
        .contains("jvm_memory_bytes_used")
        .doesNotContain("tidemark_archive_lag_seconds");
  }

  @Test
  void countsOperationsOfTheStore() throws IOException {
    Metrics metrics = new Metrics(to -> {});
    StoreMetrics store = new StoreMetrics(metrics, "repo");

    store.done(Operation.PUT, 100, Duration.ofMillis(30), Optional.empty());
    store.done(
        Operation.PUT, 0, Duration.ofSeconds(9), Optional.of(StoreException.Kind.UNAVAILABLE));

    assertThat(text(metrics))
        .contains(
            "tidemark_store_requests_total{repository=\"repo\",operation=\"put\",outcome=\"ok\",} 1.0")
        .contains("operation=\"put\",outcome=\"unavailable\",} 1.0")
        .contains("tidemark_store_bytes_total{repository=\"repo\",operation=\"put\",} 100.0")
        .contains(
            "tidemark_store_request_duration_seconds_bucket"
                + "{repository=\"repo\",operation=\"put\",le=\"0.05\",} 1.0")
        .contains(
            "tidemark_store_request_duration_seconds_count{repository=\"repo\",operation=\"put\",} 2.0");
  }

  @Test
  void answersInTheFormatThatIsAskedFor() throws IOException {
    Metrics metrics = new Metrics(to -> to.value(Metric.BUILD_INFO, 1, "v"));

    assertThat(metrics.write(new StringWriter(), null)).startsWith("text/plain");
    StringWriter open = new StringWriter();
    assertThat(metrics.write(open, "application/openmetrics-text; version=1.0.0"))
        .startsWith("application/openmetrics-text");
    assertThat(open.toString()).endsWith("# EOF\n");
  }

  private static String text(Metrics metrics) throws IOException {
    StringWriter to = new StringWriter();
    metrics.write(to, null);
    return to.toString();
  }

  private static String row(Metric metric) {
    String labels =
        metric.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(" "));
    return "| `%s` | %s | %s | %s |"
        .formatted(metric.id(), metric.kind().word(), labels, metric.help());
  }
}
