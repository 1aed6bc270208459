package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/GUARANTEES.md names tests that exist, and has some for every promise. */
final class GuaranteesTest {
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
  private static final Path ROOT = Path.of(System.getProperty("tidemark.root", ".."));

  @Test
  void everyTestThatThePageNamesExists() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/GUARANTEES.md"));
    List<String> missing = new ArrayList<>();
    Matcher named = TEST.matcher(page);
    while (named.find()) {
      if (!source(named.group(1)).contains("void " + named.group(2) + "(")) {
        missing.add(named.group());
      }
    }

    assertThat(missing).isEmpty();
  }

  @Test
  void everyPromiseHasATest() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/GUARANTEES.md"));

    for (int promise = 1; promise <= 9; promise++) {
      int begin = page.indexOf("## " + promise + ". ");
      int end = page.indexOf("\n## ", begin + 1);
      assertThat(begin).as("promise %d", promise).isNotNegative();
      assertThat(page.substring(begin, end)).as("promise %d", promise).containsPattern(TEST);
    }
  }

  private static String source(String testClass) throws IOException {
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.toList()) {
        Path file =
            module.resolve(
                "src/test/java/io/tidemark/"
                    + module.getFileName().toString().replace("-", "")
                    + "/"
                    + testClass
                    + ".java");
        if (Files.exists(file)) {
          return Files.readString(file);
        }
      }
    }
    return "";
  }
}
