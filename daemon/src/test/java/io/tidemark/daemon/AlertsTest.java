package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.tidemark.testing.NeedsTool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is given to Prometheus and Grafana asks for what the daemon serves. */
class AlertsTest {
  private static final Path ROOT = Path.of(System.getProperty("tidemark.root", "."));
  private static final Pattern METRIC = Pattern.compile("\\btidemark_[a-z0-9_]+");
  private static final Pattern LABEL = Pattern.compile("\\b(?!job\\b)([a-z]+)(?:=~?|!~?=?)\"");

  /** Everything else that a query may be made of. */
  private static final Set<String> NAMES_OF_PROMETHEUS = Set.of("up");

  @Test
  void everyAlertAsksForMetricsThatAreServed() throws IOException {
    assertThat(rules())
        .isNotEmpty()
        .allSatisfy(rule -> servesAll(rule.path("expr").asText(), rule.path("alert").asText()));
  }

  @Test
  void everyPanelAsksForMetricsThatAreServed() throws IOException {
    List<String> queries = new ArrayList<>();
    JsonNode dashboard =
        new ObjectMapper().readTree(ROOT.resolve("monitoring/dashboard.json").toFile());
    dashboard.findValues("expr").forEach(expr -> queries.add(expr.asText()));
    dashboard.findValues("definition").forEach(query -> queries.add(query.asText()));

    assertThat(queries).hasSizeGreaterThan(30).allSatisfy(query -> servesAll(query, query));
    assertThat(dashboard.findValues("id").stream().map(JsonNode::asInt)).doesNotHaveDuplicates();
    assertThat(dashboard.path("templating").path("list").get(0).path("type").asText())
        .isEqualTo("datasource");
  }

  @Test
  void everyAlertSaysHowUrgentItIsAndWhatToDoAndIsDocumented() throws IOException {
    String operations = Files.readString(ROOT.resolve("docs/OPERATIONS.md"));
    for (JsonNode rule : rules()) {
      String alert = rule.path("alert").asText();
      assertThat(rule.path("labels").path("severity").asText())
          .as(alert)
          .isIn("critical", "warning", "info");
      for (String annotation : List.of("summary", "description", "action")) {
        assertThat(rule.path("annotations").path(annotation).asText()).as(alert).isNotBlank();
      }
      assertThat(operations).contains("| `" + alert + "` |");
    }
  }

  @Test
  void everyAlertIsTestedToFire() throws IOException {
    String tests = Files.readString(ROOT.resolve("monitoring/alerts_test.yml"));

    assertThat(rules())
        .allSatisfy(
            rule ->
                assertThat(tests)
                    .contains(
                        "alertname=\"%s\", severity=\"%s\""
                            .formatted(
                                rule.path("alert").asText(),
                                rule.path("labels").path("severity").asText())));
  }

  @Test
  @Timeout(60)
  @NeedsTool("promtool")
  void everyAlertFiresWhenItMustAndOnlyThen() throws IOException, InterruptedException {
    Path tests = ROOT.resolve("monitoring/alerts_test.yml");
    Process promtool =
        new ProcessBuilder("promtool", "test", "rules", tests.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(promtool.waitFor()).as(said).isZero();
  }

  private static List<JsonNode> rules() throws IOException {
    JsonNode file =
        new ObjectMapper(new YAMLFactory())
            .readTree(ROOT.resolve("monitoring/alerts.yml").toFile());
    List<JsonNode> rules = new ArrayList<>();
    file.path("groups").forEach(group -> group.path("rules").forEach(rules::add));
    return rules;
  }

  private static void servesAll(String query, String of) {
    Set<String> asked =
        METRIC.matcher(query).results().map(MatchResult::group).collect(Collectors.toSet());
    Set<String> served =
        Arrays.stream(Metric.values()).flatMap(AlertsTest::ids).collect(Collectors.toSet());
    assertThat(served).as(of).containsAll(asked);
    assertThat(asked.isEmpty() && NAMES_OF_PROMETHEUS.stream().noneMatch(query::contains))
        .as("asks for nothing: " + of)
        .isFalse();
    Set<String> labels =
        Arrays.stream(Metric.values())
            .filter(metric -> ids(metric).anyMatch(asked::contains))
            .flatMap(metric -> metric.labels().stream())
            .collect(Collectors.toSet());
    assertThat(LABEL.matcher(query).results().map(found -> found.group(1)))
        .as(of)
        .allMatch(labels::contains);
  }

  private static Stream<String> ids(Metric metric) {
    String id = metric.id();
    return metric.kind() == Metric.Kind.HISTOGRAM
        ? Stream.of(id + "_bucket", id + "_sum", id + "_count")
        : Stream.of(id);
  }
}
