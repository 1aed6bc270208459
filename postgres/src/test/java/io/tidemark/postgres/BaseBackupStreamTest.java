package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.BaseBackupMessage.Data;
import io.tidemark.postgres.BaseBackupMessage.End;
import io.tidemark.postgres.BaseBackupMessage.ManifestStart;
import io.tidemark.postgres.BaseBackupMessage.NewArchive;
import io.tidemark.postgres.BaseBackupMessage.Progress;
import io.tidemark.testing.TestCluster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BaseBackupStreamTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void sendsArchivesAndManifestAndLeavesTheConnectionUsable(int major) throws IOException {
    try (TestCluster cluster = Clusters.builder(major).tablespace("fast").start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      cluster.sql("CREATE TABLE there (id int) TABLESPACE fast");
      BaseBackupStream stream = connection.baseBackup(options("it's a label"));
      assertThat(stream.timeline()).isEqualTo(new Timeline(1));
      assertThat(stream.tablespaces()).hasSize(2);
      Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();
      End end = read(stream, files);
      assertThat(end.end()).isGreaterThan(stream.start());
      assertThat(stream.next()).isEqualTo(end);

      String oid =
          stream.tablespaces().stream()
              .map(BaseBackupStream.Tablespace::oid)
              .flatMap(Optional::stream)
              .findFirst()
              .orElseThrow();
      assertThat(files).containsOnlyKeys("base.tar", oid + ".tar", "backup_manifest");
      assertThat(entries(bytes(files, "base.tar")))
          .contains("PG_VERSION", "backup_label", "tablespace_map", "global/pg_control");
      assertThat(entries(bytes(files, oid + ".tar"))).isNotEmpty();
      assertThat(new String(bytes(files, "backup_manifest"), StandardCharsets.UTF_8))
          .contains("\"Checksum-Algorithm\": \"CRC32C\"", "\"WAL-Ranges\"");
      assertThat(connection.identifySystem().flushed()).isGreaterThanOrEqualTo(end.end());
    }
  }

  @Test
  void aRefusalLeavesTheConnectionUsable() {
    try (TestCluster cluster = Clusters.builder(18).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      BaseBackupOptions tooSlow =
          new BaseBackupOptions("slow", true, LIMIT, OptionalInt.of(1), false);
      assertThatThrownBy(() -> connection.baseBackup(tooSlow))
          .isInstanceOf(ReplicationException.class)
          .hasMessageContaining("take a base backup");
      assertThat(connection.identifySystem().timeline()).isEqualTo(new Timeline(1));
    }
  }

  @Test
  void asksForARateAndASpreadCheckpoint() {
    assertThat(new BaseBackupOptions("it's", false, LIMIT, OptionalInt.of(2048), false).command())
        .isEqualTo(
            "BASE_BACKUP (LABEL 'it''s', PROGRESS, CHECKPOINT 'spread', WAIT 0, MAX_RATE 2048,"
                + " TABLESPACE_MAP, MANIFEST 'no')");
  }

  private static BaseBackupOptions options(String label) {
    return new BaseBackupOptions(label, true, LIMIT, OptionalInt.empty(), true);
  }

  private static End read(BaseBackupStream stream, Map<String, ByteArrayOutputStream> files) {
    ByteArrayOutputStream current = new ByteArrayOutputStream();
    while (true) {
      switch (stream.next()) {
        case NewArchive(String name, String path) -> {
          current = new ByteArrayOutputStream();
          files.put(name, current);
        }
        case ManifestStart() -> {
          current = new ByteArrayOutputStream();
          files.put("backup_manifest", current);
        }
        case Data(var data) ->
            current.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
        case Progress(long bytes) -> assertThat(bytes).isNotNegative();
        case End end -> {
          return end;
        }
      }
    }
  }

  private static Set<String> entries(byte[] tar) throws IOException {
    Set<String> names = new TreeSet<>();
    try (var in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    return names;
  }

  private static byte[] bytes(Map<String, ByteArrayOutputStream> files, String name) {
    return Optional.ofNullable(files.get(name)).orElseThrow().toByteArray();
  }
}
