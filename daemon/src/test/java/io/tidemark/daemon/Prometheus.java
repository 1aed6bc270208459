package io.tidemark.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.testing.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** A real Prometheus on 127.0.0.1 that asks a daemon every second. */
final class Prometheus implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final int port = FreePort.find();
  private final Path log;
  private final Process process;

  /**
   * @param directory for its files
   * @param daemon port of the daemon's HTTP
   */
  Prometheus(Path directory, int daemon, String rules) throws IOException {
    Files.writeString(directory.resolve("alerts.yml"), rules);
    Path config =
        Files.writeString(
            directory.resolve("prometheus.yml"),
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: [alerts.yml]
            scrape_configs:
              - job_name: tidemark
                static_configs: [{targets: ["127.0.0.1:%d"]}]
            """
                .formatted(daemon));
    this.log = directory.resolve("prometheus.log");
    this.process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=warn")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
  }

  /** Names of the alerts that fire; empty while it does not answer yet. */
  Set<String> firing() {
    Set<String> names = new TreeSet<>();
    for (JsonNode alert : ask("/api/v1/alerts").path("alerts")) {
      if (alert.path("state").asText().equals("firing")) {
        names.add(alert.path("labels").path("alertname").asText());
      }
    }
    return names;
  }

  /** Whether a query has a result now. */
  boolean holds(String query) {
    String encoded = URLEncoder.encode(query, StandardCharsets.UTF_8);
    return !ask("/api/v1/query?query=" + encoded).path("result").isEmpty();
  }

  private JsonNode ask(String path) {
    if (!process.isAlive()) {
      throw new IllegalStateException("Prometheus ended: " + said());
    }
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .timeout(LIMIT)
              .build();
      String body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return json.readTree(body).path("data");
    } catch (IOException starting) {
      return json.createObjectNode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
