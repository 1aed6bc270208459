package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** backup_label, tablespace_map, postmaster.pid. */
class SmallFilesTest {
  private static final String LABEL =
      """
      START WAL LOCATION: 0/9000028 (file 000000010000000000000009)
      CHECKPOINT LOCATION: 0/9000060
      BACKUP METHOD: streamed
      BACKUP FROM: standby
      START TIME: 2026-11-20 15:02:12 UTC
      LABEL: nightly: the second
      START TIMELINE: 1
      """;

  @TempDir Path directory;

  @Test
  void backupLabelIsReadAndWrittenAsItWas() {
    BackupLabel label = BackupLabel.parse(LABEL);
    assertThat(label.start()).isEqualTo(Lsn.parse("0/9000028"));
    assertThat(label.startSegment()).isEqualTo("000000010000000000000009");
    assertThat(label.checkpoint()).isEqualTo(Lsn.parse("0/9000060"));
    assertThat(label.fromStandby()).isTrue();
    assertThat(label.label()).isEqualTo("nightly: the second");
    assertThat(label.timeline()).isEqualTo(new Timeline(1));
    assertThat(label.incrementalFrom()).isEmpty();
    assertThat(label.render()).isEqualTo(LABEL);
  }

  @Test
  void backupLabelOfAnIncrementalNamesItsParent() {
    String text = LABEL + "INCREMENTAL FROM LSN: 0/8000028\nINCREMENTAL FROM TLI: 1\n";
    BackupLabel label = BackupLabel.parse(text);
    assertThat(label.incrementalFrom())
        .contains(new BackupLabel.IncrementalFrom(Lsn.parse("0/8000028"), new Timeline(1)));
    assertThat(label.render()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"START WAL LOCATION", "CHECKPOINT LOCATION", "START TIMELINE"})
  void backupLabelMustSayWhereRecoveryBegins(String key) {
    assertThatThrownBy(() -> BackupLabel.parse(LABEL.replace(key, "SOMETHING")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(key);
  }

  @Test
  void tablespaceMapEscapesWhatWouldEndALine() {
    TablespaceMap map =
        new TablespaceMap(
            List.of(
                new TablespaceLink(16385, "/srv/fast disk"),
                new TablespaceLink(4294967295L, "/srv/a\\b\nc\rd")));
    assertThat(map.render()).isEqualTo("16385 /srv/fast disk\n4294967295 /srv/a\\\\b\\\nc\\\rd\n");
    assertThat(TablespaceMap.parse(map.render())).isEqualTo(map);
    assertThat(TablespaceMap.parse("").tablespaces()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"16385\n", "x /srv\n", " /srv\n", "0 /srv\n", "4294967296 /srv\n"})
  void tablespaceMapRefusesLinesThatAreNone(String text) {
    assertThatThrownBy(() -> TablespaceMap.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tablespaceLinksAreListedByOid() throws IOException {
    Path links = Files.createDirectories(directory.resolve("pg_tblspc"));
    Files.createSymbolicLink(links.resolve("16400"), Path.of("/srv/b"));
    Files.createSymbolicLink(links.resolve("9999"), Path.of("/srv/a"));
    Files.createSymbolicLink(links.resolve("other"), Path.of("/srv/c"));
    Files.createDirectory(links.resolve("16401"));
    assertThat(TablespaceLink.list(directory))
        .containsExactly(new TablespaceLink(9999, "/srv/a"), new TablespaceLink(16400, "/srv/b"));
  }

  @Test
  void postmasterPidIsReadInEveryStageOfAStart() {
    PostmasterPid whole =
        PostmasterPid.parse(
            "1234\n/data\n1700000000\n5432\n/tmp\n127.0.0.1\n  5432001  32768\nready   \n");
    assertThat(whole.pid()).isEqualTo(1234);
    assertThat(whole.dataDirectory()).isEqualTo("/data");
    assertThat(whole.port()).hasValue(5432);
    assertThat(whole.socketDirectory()).contains("/tmp");
    assertThat(whole.status()).contains("ready");
    assertThat(whole.isReady()).isTrue();
    PostmasterPid early = PostmasterPid.parse("1234\n/data\n1700000000\n");
    assertThat(early.port()).isEmpty();
    assertThat(early.isReady()).isFalse();
    assertThat(PostmasterPid.parse("-77\n/data\n").pid()).isEqualTo(77);
    assertThat(PostmasterPid.parse("1\n/data\n0\n5432\n\n*\n").socketDirectory())
        .isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "x\n", "0\n"})
  void aHalfWrittenPostmasterPidCountsAsARunningServer(String text) throws IOException {
    assertThatThrownBy(() -> PostmasterPid.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
    Files.writeString(directory.resolve(PostmasterPid.FILE_NAME), text);
    assertThat(PostmasterPid.isRunning(directory)).isTrue();
  }

  @Test
  void aServerRunsWhereItsProcessLives() throws IOException, InterruptedException {
    assertThat(PostmasterPid.isRunning(directory)).isFalse();
    Path file = directory.resolve(PostmasterPid.FILE_NAME);
    Files.writeString(file, ProcessHandle.current().pid() + "\n" + directory + "\n");
    assertThat(PostmasterPid.isRunning(directory)).isTrue();
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Files.writeString(file, ended.pid() + "\n" + directory + "\n");
    assertThat(PostmasterPid.isRunning(directory)).isFalse();
  }
}
