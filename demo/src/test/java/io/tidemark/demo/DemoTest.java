package io.tidemark.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.config.ErrorCode;
import io.tidemark.daemon.Tidemark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DemoTest {
  private static final Pattern HOME = Pattern.compile("All of it is in (\\S+)");
  private static final Pattern ROWS = Pattern.compile("(\\w+) +([0-9,]+) rows, the same");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void tellsHowATableIsDroppedAndEverythingComesBack() {
    int exitCode = demo("demo", "--seconds", "2");
    String story = text(out);
    assertThat(exitCode).as(text(err) + story).isZero();
    assertThat(text(err)).isEmpty();
    assertThat(story.lines().count()).isLessThanOrEqualTo(40);
    assertThat(story.lines()).allMatch(line -> line.length() <= 100);
    assertThat(story)
        .contains("DROP TABLE orders: transaction ")
        .contains("relation \"orders\" does not exist")
        .contains("holds exactly what the shop held just before the accident")
        .contains("RPO seen")
        .containsPattern("reached +[0-9A-F]+/[0-9A-F]+, its last commit of 20")
        .contains("All of it is ended and removed");
    assertThat(ROWS.matcher(story).results().map(row -> row.group(1)))
        .containsExactly("customers", "orders", "products");
    assertThat(home(story)).doesNotExist();
  }

  @Test
  void reportsTheSameStoryOnAnS3ServerToPrograms() throws IOException {
    int exitCode = demo("demo", "--s3", "--seconds", "2", "--major", "15", "--json");
    assertThat(exitCode).as(text(err) + text(out)).isZero();
    JsonNode report = new ObjectMapper().readTree(text(out));
    assertThat(report.path("postgres").asText()).startsWith("15.");
    assertThat(report.path("store").asText()).isEqualTo("s3");
    assertThat(report.path("comparison").path("same").asBoolean()).isTrue();
    assertThat(report.path("workload").path("transactions").asLong()).isPositive();
    assertThat(report.path("rpo").path("samples").asLong()).isPositive();
    assertThat(report.path("rpo").path("worstSeconds").asDouble()).isGreaterThan(0).isLessThan(60);
    assertThat(report.path("backup").path("storedBytes").asLong()).isPositive();
    assertThat(report.path("restore").path("unreadBytes").asLong()).isPositive();
    assertThat(Path.of(report.path("directory").asText())).doesNotExist();
  }

  @Test
  void refusesAVersionThatThereIsNot() {
    assertThat(demo("demo", "--major", "14")).isEqualTo(ErrorCode.USAGE.exitCode());
    assertThat(text(err)).contains("found --major 14; expected 15 to 18");
  }

  @AfterEach
  void nothingOfItIsLeft() throws Exception {
    for (ProcessHandle ending : ProcessHandle.current().descendants().toList()) {
      ending.onExit().get(10, TimeUnit.SECONDS);
    }
    String mine = "tidemark-demo-" + ProcessHandle.current().pid();
    try (Stream<Path> temporary = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(temporary.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(mine));
    }
    assertThat(commandLines()).noneMatch(line -> line.contains(mine + "/"));
  }

  /** Also of processes that belong to nobody's children any more. */
  private static List<String> commandLines() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .toList();
  }

  private int demo(String... arguments) {
    return Tidemark.run(
        arguments,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static Path home(String story) {
    Matcher matcher = HOME.matcher(story);
    assertThat(matcher.find()).as(story).isTrue();
    return Path.of(matcher.group(1));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
