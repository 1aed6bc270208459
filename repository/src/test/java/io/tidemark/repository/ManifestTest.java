package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.Compression.Algorithm;
import io.tidemark.repository.Manifest.Directory;
import io.tidemark.repository.Manifest.Tablespace;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.MemoryStore;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private final MemoryStore store = new MemoryStore();
  private final Part part = BackupFixture.part(store, Algorithm.ZSTD, Optional.empty());
  private final String key = part.keys().manifest(BackupFixture.NAME);

  private static BackupFile file(String path, long size, Frame... frames) {
    return new BackupFile(path, size, 0600, BackupFixture.START, 0, List.of(frames));
  }

  private static Frame frame(long fileOffset, int rawLength) {
    return new Frame(fileOffset, rawLength, new PackName(BackupFixture.NAME, 1), 100, 50, 1, 2);
  }

  private static Manifest manifest(BackupFile... files) {
    return BackupFixture.manifest(BackupFixture.NAME, List.of(files));
  }

  /** Puts a manifest that no writer of ours would make. */
  private void putAnyway(Part into, Manifest manifest) {
    BackupTotals totals = BackupTotals.of(BackupFixture.NAME, manifest.files());
    store.putIfAbsent(key, new ManifestWriter(into).seal(key, manifest, totals));
  }

  private void putLines(String... lines) {
    byte[] raw = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    BackupTotals totals = new BackupTotals(0, 0, 0, 0);
    part.sealed()
        .put(
            key,
            Kind.MANIFEST,
            ManifestJson.about(BackupFixture.info(BackupFixture.NAME), totals),
            ByteBuffer.wrap(raw));
  }

  private void refused(ErrorCode code, String... words) {
    assertThatThrownBy(() -> new BackupCatalogue(part).manifest(BackupFixture.NAME))
        .isInstanceOfSatisfying(TidemarkException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContainingAll(words);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../etc/passwd",
        "base/../../x",
        "/etc/passwd",
        "base//x",
        "base/",
        "",
        ".",
        "./x",
        "base/./x",
        "a\0b",
      })
  void refusesAPathThatLeavesTheDataDirectory(String path) {
    putAnyway(part, manifest(file(path, 0)));
    refused(ErrorCode.OBJECT_DAMAGED, key, "path");
    assertThatThrownBy(() -> new ManifestRules().check(new Directory(path, 0700)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesOtherTricksWithPaths() {
    List<List<BackupFile>> tricks =
        List.of(
            List.of(file("x", 0), file("x", 0)),
            List.of(file("x", 0), file("x/y", 0)),
            List.of(file("x/y/z", 0), file("x/y", 0)),
            List.of(file("base", 0)),
            List.of(file("base/5/1", 0), file("base/5/1/2/3", 0)),
            List.of(file("pg_tblspc/16385", 0)),
            List.of(file("pg_tblspc", 0)),
            List.of(file("x/" + "y".repeat(256), 0)),
            List.of(file("y/".repeat(3000) + "y", 0)));
    for (List<BackupFile> trick : tricks) {
      store.delete(key);
      putAnyway(part, manifest(trick.toArray(BackupFile[]::new)));
      refused(ErrorCode.OBJECT_DAMAGED, key, "wrong");
    }
  }

  @Test
  void refusesFramesThatAreNotExactlyTheFile() {
    List<BackupFile> wrong =
        List.of(
            file("x", 1),
            file("x", 10, frame(0, 9)),
            file("x", 10, frame(0, 11)),
            file("x", 10, frame(1, 9)),
            file("x", 10, frame(5, 5), frame(0, 5)),
            file("x", 10, frame(0, 5), frame(0, 5)),
            file("x", 10, frame(0, 5), frame(6, 4)),
            file("x", 2 << 20, frame(0, 2 << 20)),
            file("x", 0, frame(0, 0)),
            file("x", 5, new Frame(0, 5, new PackName(BackupFixture.NAME, 0), 100, 50, 1, 2)),
            file("x", 5, new Frame(0, 5, new PackName(BackupFixture.NAME, 1), -1, 50, 1, 2)),
            file("x", 5, new Frame(0, 5, new PackName(BackupFixture.NAME, 1), 1, -1, 1, 2)),
            file("x", 5, new Frame(0, 5, new PackName(BackupFixture.NAME, 1), 1, 99 << 20, 1, 2)));
    for (BackupFile file : wrong) {
      store.delete(key);
      putAnyway(part, manifest(file));
      refused(ErrorCode.OBJECT_DAMAGED, key, "'x'");
    }
  }

  @Test
  void refusesWrongTablespacesAndModes() {
    ManifestRules rules = new ManifestRules();
    rules.check(new Tablespace(1, "/srv/a b"));
    for (Runnable check :
        List.<Runnable>of(
            () -> rules.check(new Tablespace(1, "/srv/other")),
            () -> rules.check(new Tablespace(2, "")),
            () -> rules.check(new Tablespace(3, "/srv/a\nb")),
            () -> rules.check(new Directory("d", 0100700)))) {
      assertThatThrownBy(check::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesAManifestThatIsCutShort() {
    putAnyway(part, manifest(file("a", 5, frame(0, 5))));
    byte[] whole = BackupFixture.bytes(store, key);
    for (int length : List.of(0, 3, 11, 100, whole.length - 1)) {
      BackupFixture.replace(store, key, Arrays.copyOf(whole, length));
      refused(ErrorCode.OBJECT_DAMAGED, key);
    }
  }

  @Test
  void refusesAManifestWithoutItsLastLine() {
    putAnyway(part, manifest());
    List<String> lines = lines();
    store.delete(key);
    putLines(lines.subList(0, lines.size() - 1).toArray(String[]::new));
    refused(ErrorCode.OBJECT_DAMAGED, "cut short");
  }

  private List<String> lines() {
    byte[] raw = new byte[1 << 20];
    ByteBuffer all = ByteBuffer.wrap(raw);
    part.sealed().read(key, Kind.MANIFEST, all::put);
    return new String(raw, 0, all.position(), StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void refusesLinesThatAreNotWhatTheySay() {
    putAnyway(part, manifest());
    List<String> good = lines();
    String file = "{\"file\":{\"path\":\"a\",\"size\":1,\"mode\":384,\"crc32c\":\"00000000\",";
    String time = "\"modified\":\"2026-11-20T15:02:12.000000Z\",";
    for (String bad :
        List.of(
            "nonsense",
            "[]",
            file + "\"frames\":[]}}",
            file + time + "\"frames\":[[1]]}}",
            file + time + "\"frames\":[[0,1,\"x\",1,1,\"00000000\",\"0000000000000000\"]]}}",
            file + time + "\"frames\":[[0,1,1,1,99999999999,\"00000000\",\"0000000000000000\"]]}}",
            file + time + "\"frames\":[[0,1,1,1,1,\"0\",\"0\"]]}}",
            "{\"tablespace\":{\"oid\":0,\"location\":\"/x\"}}")) {
      List<String> lines = new ArrayList<>(good);
      lines.add(lines.size() - 1, bad);
      store.delete(key);
      putLines(lines.toArray(String[]::new));
      refused(ErrorCode.OBJECT_DAMAGED, "line " + (lines.size() - 1) + " is wrong");
    }
    store.delete(key);
    List<String> twice = new ArrayList<>(good);
    twice.add(good.getLast());
    putLines(twice.toArray(String[]::new));
    refused(ErrorCode.OBJECT_DAMAGED, "after the end");
  }

  @Test
  void ignoresFieldsAndLinesOfLaterWriters() {
    putAnyway(part, manifest());
    List<String> lines = new ArrayList<>(lines());
    lines.add(1, "{\"extra\":{\"x\":1}}");
    lines.set(0, lines.getFirst().replace("\"label\":", "\"new\":7,\"label\":"));
    store.delete(key);
    putLines(lines.toArray(String[]::new));
    assertThat(new BackupCatalogue(part).manifest(BackupFixture.NAME)).isEqualTo(manifest());
  }

  @Test
  void refusesANewerFormat() {
    putAnyway(part, manifest());
    List<String> lines = new ArrayList<>(lines());
    lines.set(0, lines.getFirst().replace("\"format\":1", "\"format\":2"));
    store.delete(key);
    putLines(lines.toArray(String[]::new));
    refused(ErrorCode.FORMAT_NEWER, "format 2");
  }

  @Test
  void refusesAnotherClustersBackup() {
    putAnyway(part, manifest());
    List<String> lines = new ArrayList<>(lines());
    lines.set(0, lines.getFirst().replace(BackupFixture.SYSTEM.toString(), "7300000000000000099"));
    store.delete(key);
    putLines(lines.toArray(String[]::new));
    refused(ErrorCode.WRONG_CLUSTER, "7300000000000000099", BackupFixture.SYSTEM.toString());
  }

  @Test
  void refusesAManifestUnderAnotherBackupsName() {
    putAnyway(part, manifest());
    BackupName other = BackupName.full(BackupFixture.START.plus(Duration.ofHours(1)));
    BackupFixture.replace(store, part.keys().manifest(other), BackupFixture.bytes(store, key));
    assertThatThrownBy(() -> new BackupCatalogue(part).manifest(other))
        .hasMessageContaining("it is the manifest of " + BackupFixture.NAME);
    assertThat(new BackupCatalogue(part).list())
        .anySatisfy(
            entry -> {
              assertThat(entry).isInstanceOf(BackupEntry.Damaged.class);
              assertThat(entry.name()).isEqualTo(other);
            });
  }

  @Test
  void saysThatThereIsNoSuchBackup() {
    BackupFixture.begin(part, BackupFixture.NAME);
    refused(ErrorCode.OBJECT_MISSING, key);
  }

  @ParameterizedTest
  @CsvSource({"ZSTD,false", "LZ4,true", "NONE,true"})
  void holdsManyFramesInPieces(Algorithm algorithm, boolean encrypted, @TempDir Path dir) {
    Optional<Path> keyFile = encrypted ? Optional.of(BackupFixture.keyFile(dir)) : Optional.empty();
    Part many = BackupFixture.part(store, algorithm, keyFile);
    List<BackupFile> files = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Frame[] frames = new Frame[1024];
      for (int j = 0; j < frames.length; j++) {
        PackName pack = new PackName(BackupFixture.NAME, 1 + i);
        frames[j] = new Frame((long) j << 20, 1 << 20, pack, j * 7000L, 6999, i * j, ~j);
      }
      files.add(file("base/5/" + i, 1L << 30, frames));
    }
    Manifest manifest = BackupFixture.manifest(BackupFixture.NAME, files);
    putAnyway(many, manifest);
    assertThat(new BackupCatalogue(many).manifest(BackupFixture.NAME)).isEqualTo(manifest);
  }

  @Test
  void refersToPacksOfAnEarlierBackup() {
    BackupName earlier = BackupName.full(BackupFixture.START.minus(Duration.ofDays(1)));
    Frame frame = new Frame(0, 5, new PackName(earlier, 12), 100, 50, 1, 2);
    Manifest manifest = manifest(file("x", 5, frame));
    putAnyway(part, manifest);
    assertThat(new BackupCatalogue(part).manifest(BackupFixture.NAME)).isEqualTo(manifest);
  }

  @Test
  void listsBackupsByTheirHeadersOldestFirst() {
    BackupName later = BackupName.full(BackupFixture.START.plus(Duration.ofHours(1)));
    BackupFixture.begin(part, later);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Map<String, byte[]> files = Map.of("a", new byte[] {1, 2, 3});
    Manifest manifest = manifest(BackupFixture.store(writer, files).toArray(BackupFile[]::new));
    BackupTotals totals = writer.complete(manifest);
    List<BackupEntry> list = new BackupCatalogue(part).list();
    assertThat(list).hasSize(2);
    assertThat(list.getFirst()).isEqualTo(new BackupEntry.Completed(manifest.info(), totals));
    assertThat(list.get(1))
        .isInstanceOfSatisfying(
            BackupEntry.Unfinished.class,
            unfinished -> {
              assertThat(unfinished.name()).isEqualTo(later);
              assertThat(unfinished.writer()).isEqualTo("host/1/test");
            });
  }

  @Test
  void listsTheOthersWhereOneIsDamaged() {
    BackupFixture.begin(part, BackupName.full(BackupFixture.START.plus(Duration.ofHours(1))));
    putAnyway(part, manifest());
    BackupFixture.damage(store, key, 40);
    List<BackupEntry> list = new BackupCatalogue(part).list();
    assertThat(list).hasSize(2);
    assertThat(list.getFirst()).isInstanceOf(BackupEntry.Damaged.class);
    assertThat(list.get(1)).isInstanceOf(BackupEntry.Unfinished.class);
  }

  @Test
  void refusesAHeaderThatDescribesAnotherBackupThanTheContent() {
    putAnyway(part, manifest());
    List<String> lines = lines();
    store.delete(key);
    byte[] raw = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    part.sealed()
        .put(
            key,
            Kind.MANIFEST,
            ManifestJson.about(
                BackupFixture.info(BackupFixture.NAME), new BackupTotals(9, 0, 0, 0)),
            ByteBuffer.wrap(raw));
    refused(ErrorCode.OBJECT_DAMAGED, "another backup");
  }
}
