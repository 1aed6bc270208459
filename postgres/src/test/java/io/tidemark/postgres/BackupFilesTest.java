package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** backup_manifest as pg_basebackup writes it and pg_verifybackup reads it. */
class BackupFilesTest {
  private static final Pattern FILE =
      Pattern.compile(
          "\"Path\": \"([^\"]+)\", \"Size\": (\\d+), \"Last-Modified\": \"(\\S+) (\\S+) GMT\"");
  private static final Pattern WAL =
      Pattern.compile("\"Timeline\": (\\d+), \"Start-LSN\": \"(\\S+)\", \"End-LSN\": \"(\\S+)\"");

  @Test
  void manifestIsByteForByteThatOfPgBasebackup() throws IOException {
    Assumptions.assumeTrue(
        PostgresBinaries.debian(15).isPresent(), "PostgreSQL 15 with its tools is not installed");
    PostgresBinaries tools = PostgresBinaries.debian(15).orElseThrow();
    try (TestCluster cluster = TestCluster.builder(tools).fsync(false).start();
        TemporaryDirectory directory = TemporaryDirectory.create("tidemark-manifest-")) {
      OsUser.own(directory.path());
      Path backup = directory.path().resolve("backup");
      tools.run(
          "pg_basebackup",
          "-h",
          cluster.host(),
          "-p",
          cluster.port(),
          "-U",
          cluster.user(),
          "-D",
          backup,
          "--no-sync",
          "-c",
          "fast",
          "-X",
          "none",
          "--manifest-checksums=CRC32C");
      String theirs = Files.readString(backup.resolve(BackupManifest.FILE_NAME));
      String ours = manifest(backup, theirs);
      assertThat(ours).isEqualTo(theirs);
      tools.run("pg_verifybackup", "-n", backup);
      BackupLabel label =
          BackupLabel.parse(Files.readString(backup.resolve(BackupLabel.FILE_NAME)));
      assertThat(label.render()).isEqualTo(Files.readString(backup.resolve(BackupLabel.FILE_NAME)));
    }
  }

  /** The same files in the same order, with checksums computed here from what is on disk. */
  private static String manifest(Path backup, String theirs) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ControlFile control = ControlFile.decode(Files.readAllBytes(backup.resolve(ControlFile.PATH)));
    BackupManifest manifest = new BackupManifest(out, control.major(), control.systemId());
    for (MatchResult file : FILE.matcher(theirs).results().toList()) {
      byte[] content = Files.readAllBytes(backup.resolve(file.group(1)));
      manifest.addFile(
          file.group(1),
          content.length,
          Instant.parse(file.group(3) + "T" + file.group(4) + "Z"),
          Crc32c.of(content));
    }
    manifest.finish(
        WAL.matcher(theirs)
            .results()
            .map(
                m ->
                    new WalRange(
                        new Timeline(Integer.parseInt(m.group(1))),
                        Lsn.parse(m.group(2)),
                        Lsn.parse(m.group(3))))
            .toList());
    return out.toString(UTF_8);
  }

  @Test
  void manifestFrom17OnNamesTheSystemAndEscapesNames() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BackupManifest manifest =
        new BackupManifest(out, PostgresMajor.V17, SystemId.parse("7300000000000000001"));
    Instant modified = Instant.parse("2026-11-20T01:02:03.9Z");
    manifest.addFile("a\"b\\c\u0001é", 5, modified, 0x01020304);
    manifest.addFile(new byte[] {'x', (byte) 0xFF}, 0, modified, 0);
    manifest.finish(
        List.of(
            new WalRange(new Timeline(2), new Lsn(0x20), new Lsn(0x30)),
            new WalRange(new Timeline(1), new Lsn(0x10), new Lsn(0x20))));
    String text = out.toString(UTF_8);
    assertThat(text)
        .startsWith(
            """
            { "PostgreSQL-Backup-Manifest-Version": 2,
            "System-Identifier": 7300000000000000001,
            "Files": [
            { "Path": "a\\"b\\\\c\\u0001é", "Size": 5, "Last-Modified": "2026-11-20 01:02:03 GMT", \
            "Checksum-Algorithm": "CRC32C", "Checksum": "04030201" },
            { "Encoded-Path": "78ff", "Size": 0, "Last-Modified": "2026-11-20 01:02:03 GMT", \
            "Checksum-Algorithm": "CRC32C", "Checksum": "00000000" }
            ],
            "WAL-Ranges": [
            { "Timeline": 2, "Start-LSN": "0/20", "End-LSN": "0/30" },
            { "Timeline": 1, "Start-LSN": "0/10", "End-LSN": "0/20" }
            ],
            """)
        .containsPattern("\"Manifest-Checksum\": \"[0-9a-f]{64}\"}\n$");
  }
}
