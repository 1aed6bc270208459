package io.tidemark.repository;

import static io.tidemark.repository.TestWal.part;
import static io.tidemark.repository.TestWal.segment;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tree that the code writes is the one that docs/FORMAT.md says, pattern by pattern. */
class FormatTest {
  /** The words in angle brackets, as regular expressions. */
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("cluster", "[a-z0-9_-]{1,40}"),
          Map.entry("key-id", "[0-9A-F]{16}"),
          Map.entry("n", "[1-9][0-9]*"),
          Map.entry("hex8 TLI", "[0-9A-F]{8}"),
          Map.entry("hex8 log", "[0-9A-F]{8}"),
          Map.entry("hex8 from", "[0-9A-F]{8}"),
          Map.entry("hex8 to", "[0-9A-F]{8}"),
          Map.entry("hex16 from", "[0-9A-F]{16}"),
          Map.entry("hex16 to", "[0-9A-F]{16}"),
          Map.entry("hex16 n", "[0-9A-F]{16}"),
          Map.entry("hex16 random", "[0-9A-F]{16}"),
          Map.entry("segment", "[0-9A-F]{24}"),
          Map.entry("label", "\\d{8}T\\d{6}Z-(full|incr)"),
          Map.entry("8 digits", "\\d{8}"),
          Map.entry("work", "[a-z0-9_-]{1,40}"));

  @TempDir private Path directory;

  @Test
  void everyFileOfARepositoryIsOfADocumentedKindAndEveryKindIsThere() throws Exception {
    Path root = directory.resolve("repository");
    try (PosixStore store = PosixStore.create(PosixSettings.of(root))) {
      writeOneOfEach(store);
    }
    Map<String, Pattern> documented = layout();
    Map<String, String> kinds = new LinkedHashMap<>();
    for (String file : files(root)) {
      Optional<String> kind =
          documented.entrySet().stream()
              .filter(pattern -> pattern.getValue().matcher(file).matches())
              .map(Map.Entry::getKey)
              .findFirst();
      assertThat(kind).as("documented kind of %s", file).isPresent();
      kinds.put(kind.orElseThrow(), file);
    }
    List<String> unseen =
        documented.keySet().stream().filter(kind -> !kinds.containsKey(kind)).toList();
    // Backups have a test of their own; the clock's objects are removed at once.
    assertThat(unseen)
        .allMatch(kind -> kind.startsWith("<cluster>/backups/") || kind.contains("/clock/"));
    assertThat(documented).hasSizeGreaterThan(10);
  }

  @Test
  void theKeysOfBackupsAndOfTheClockAreDocumentedToo() throws Exception {
    Keys keys = new Keys("main");
    BackupName backup = new BackupName("20261120T150212Z-full");
    for (String key :
        List.of(
            keys.clock(-1),
            keys.backupBegan(backup),
            keys.pack(new PackName(backup, 12)),
            keys.manifest(backup))) {
      assertThat(layout().values()).as(key).anyMatch(pattern -> pattern.matcher(key).matches());
    }
  }

  private void writeOneOfEach(PosixStore store) {
    Path keyFile = directory.resolve("keys.json");
    Keyring.generateKeyFile(keyFile);
    RepositoryOptions options =
        TestWal.options(Compression.Algorithm.ZSTD, Optional.of(keyFile), "here");
    try (ClusterRepository repository =
        ClusterRepository.create(store, "main", TestWal.identity(true), options)) {
      WalArchive archive = repository.wal();
      Timeline two = new Timeline(2);
      archive.putHistory(two, "1\t0/500000\tx\n".getBytes(StandardCharsets.UTF_8));
      TestWal.put(archive, segment(1, 3));
      archive.putTail(
          segment(2, 5), segment(2, 5).start(), part(segment(2, 5), 0, 9000), WalSummary.EMPTY);
      archive.recordGap(
          new WalGap(two, new Lsn(9000), new Lsn(0xA_0000_0000L), TestWal.CREATED, "x"));
      repository.leases().acquire("backup", Duration.ofSeconds(60)).close();
      Part part =
          Part.of(store, new Keys("main"), repository.identity(), options, repository.keyring());
      part.sealed()
          .put(
              part.keys().index(segment(1, 3)),
              SealedHeader.Kind.INDEX,
              Json.object(),
              ByteBuffer.allocate(0));
    }
  }

  /** The patterns of the block under "Layout", by their text. */
  private static Map<String, Pattern> layout() throws IOException {
    Path document = Path.of(System.getProperty("tidemark.root", "..")).resolve("docs/FORMAT.md");
    String text = Files.readString(document);
    String block = text.substring(text.indexOf("## Layout")).split("```", -1)[1];
    Map<String, Pattern> patterns = new LinkedHashMap<>();
    for (String line : block.lines().filter(l -> l.startsWith("<cluster>")).toList()) {
      String pattern = line.split(" {2,}", -1)[0].strip();
      patterns.put(pattern, Pattern.compile(expression(pattern)));
    }
    return patterns;
  }

  private static String expression(String pattern) {
    StringBuilder expression = new StringBuilder();
    Matcher word = Pattern.compile("<([^>]+)>|[^<]+").matcher(pattern);
    while (word.find()) {
      String name = word.group(1);
      assertThat(name == null || WORDS.containsKey(name)).as("<%s> is explained", name).isTrue();
      expression.append(name == null ? Pattern.quote(word.group()) : WORDS.get(name));
    }
    return expression.toString();
  }

  private static List<String> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .filter(file -> !file.startsWith("~store"))
          .sorted()
          .toList();
    }
  }
}
