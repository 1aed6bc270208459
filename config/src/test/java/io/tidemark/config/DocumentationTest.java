package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.Reading.KnownKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds docs/OPERATIONS.md to what the program does. */
class DocumentationTest {
  private static final Path OPERATIONS = Shell.root().resolve("docs/OPERATIONS.md");

  /** Sections with the keys of another, which is said in a sentence. */
  private static final List<String> ELSEWHERE =
      List.of(".standby.", ".decode-from.", "analytics.target.", ".<table>.on-change.");

  /** Of every kind of repository, in the order of the alphabet. */
  static List<KnownKey> knownKeys() {
    TreeMap<String, KnownKey> known = new TreeMap<>();
    String sections =
        ConfigurationTest.EVERYTHING.replace("compression: lz4", "compression: {level: 3}");
    Configuration.knownKeys(sections).forEach(key -> known.put(key.key(), key));
    known.keySet().removeIf(key -> ELSEWHERE.stream().anyMatch(key::contains));
    return List.copyOf(known.values());
  }

  /** The first cells of the rows of the table under a heading. */
  private static List<List<String>> table(String heading) throws IOException {
    return Files.readAllLines(OPERATIONS).stream()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("| `") || line.matches("\\| [0-9].*"))
        .map(line -> Arrays.stream(line.split("\\|")).skip(1).map(String::strip).toList())
        .toList();
  }

  private static String bare(String cell) {
    return cell.replace("`", "");
  }

  @Test
  void theTableOfKeysIsWhatTheReaderKnows() throws IOException {
    List<String> documented =
        table("## Configure").stream()
            .map(row -> row.stream().limit(3).map(DocumentationTest::bare))
            .map(cells -> cells.collect(Collectors.joining(" | ")))
            .sorted()
            .toList();
    List<String> known =
        knownKeys().stream()
            .map(key -> key.key() + " | " + key.kind() + " | " + key.fallback())
            .sorted()
            .toList();

    assertThat(documented).isEqualTo(known);
  }

  @Test
  void everyKeyIsExplained() throws IOException {
    assertThat(table("## Configure"))
        .allSatisfy(row -> assertThat(row.get(3)).hasSizeGreaterThan(10).endsWith("."));
  }

  @Test
  void theExampleOfAnAnalyticsDatabaseIsValid() throws IOException {
    String chapter = chapter("## The analytics database");
    int begin = chapter.indexOf("```yaml\n") + 8;
    String yaml = chapter.substring(begin, chapter.indexOf("```", begin));

    PipelineSettings school =
        Configuration.parse(
                OPERATIONS, "repositories: {local: {type: posix, path: /backups}}\n" + yaml)
            .requireAnalytics()
            .pipeline("school");

    assertThat(school.sources().values())
        .extracting(source -> source.label("site") + " " + source.label("database"))
        .containsExactly(
            "miacademy app",
            "miacademy billing",
            "always app",
            "always billing",
            "clever app",
            "clever billing");
  }

  @Test
  void everyMaskModeAndPolicyIsExplained() throws IOException {
    List<Enum<?>> words = new ArrayList<>(List.of(MaskSettings.Kind.values()));
    words.addAll(List.of(TableSettings.Mode.values()));
    words.addAll(List.of(ChangeSettings.AddedColumn.values()));
    words.addAll(List.of(ChangeSettings.DroppedColumn.values()));

    String chapter = chapter("## The analytics database");

    assertThat(words)
        .allSatisfy(word -> assertThat(chapter).containsPattern("`" + Kind.spell(word) + "[ `]"));
  }

  private static String chapter(String heading) throws IOException {
    return Files.readAllLines(OPERATIONS).stream()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  @Test
  void theTableOfExitCodesIsThatOfTheProgram() throws IOException {
    List<List<String>> documented =
        table("## Exit codes").stream()
            .map(row -> row.stream().limit(2).map(DocumentationTest::bare).toList())
            .toList();

    assertThat(documented)
        .isEqualTo(
            Arrays.stream(ErrorCode.values())
                .map(code -> List.of(String.valueOf(code.exitCode()), code.name()))
                .toList());
  }
}
