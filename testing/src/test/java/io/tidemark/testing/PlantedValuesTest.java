package io.tidemark.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlantedValuesTest {
  private static final String VALUE = "pii0123456789abcdefe00";

  @Test
  void findsEveryPlaceAlsoAcrossTheEndsOfWhatItReads(@TempDir Path directory) throws IOException {
    byte[] bytes = new byte[5 << 20];
    new SplittableRandom(3).nextBytes(bytes);
    List<Integer> offsets =
        List.of(0, 22, (1 << 20) - 21, (1 << 20) + 30, (2 << 20) - 1, (3 << 20) - 22, 4 << 20);
    for (int offset : offsets) {
      System.arraycopy(VALUE.getBytes(UTF_8), 0, bytes, offset, VALUE.length());
    }
    System.arraycopy(VALUE.getBytes(UTF_8), 0, bytes, bytes.length - VALUE.length(), 22);
    Path file = Files.write(Files.createDirectories(directory.resolve("a/b")).resolve("c"), bytes);
    Files.write(directory.resolve("other"), VALUE.substring(1).getBytes(UTF_8));
    List<PlantedValues.Finding> findings = PlantedValues.of(VALUE).findIn(directory);
    assertThat(findings)
        .allMatch(found -> found.file().equals(file) && found.value().equals(VALUE));
    assertThat(findings.stream().map(found -> (int) found.offset()))
        .containsExactlyInAnyOrder(
            0,
            22,
            (1 << 20) - 21,
            (1 << 20) + 30,
            (2 << 20) - 1,
            (3 << 20) - 22,
            4 << 20,
            bytes.length - 22);
  }

  @Test
  void findsHexadecimalSpellings(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("log"), "bytea \\x7069696162 and 7069696162");
    assertThat(PlantedValues.of("piiab").findIn(directory))
        .extracting(PlantedValues.Finding::offset)
        .containsExactly(8L, 23L);
  }

  @Test
  void findsWhatAClusterHoldsInItsFilesAndNothingElse() {
    PostgresBinaries newest = PostgresBinaries.of(PostgresBinaries.NEWEST);
    try (TestCluster cluster = TestCluster.builder(newest).fsync(false).start()) {
      cluster.sql("CREATE TABLE person (email text)", "CHECKPOINT");
      assertThat(PlantedValues.of(VALUE).findIn(cluster.data())).isEmpty();
      cluster.sql("INSERT INTO person VALUES ('" + VALUE + "@mail.example')", "CHECKPOINT");
      String path = cluster.value("SELECT pg_relation_filepath('person')");
      assertThat(PlantedValues.of(VALUE).findIn(cluster.data()))
          .extracting(PlantedValues.Finding::file)
          .contains(cluster.data().resolve(path))
          .anyMatch(file -> file.toString().contains("/pg_wal/"));
    }
  }

  @Test
  void refusesAPathThatIsNotThereAndAValueThatIsEverywhere(@TempDir Path directory) {
    assertThatThrownBy(() -> PlantedValues.of(VALUE).findIn(directory.resolve("nowhere")))
        .isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> PlantedValues.of("pii")).isInstanceOf(IllegalArgumentException.class);
  }
}
