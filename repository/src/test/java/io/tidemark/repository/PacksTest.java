package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.Compression.Algorithm;
import io.tidemark.store.MemoryStore;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacksTest {
  private final MemoryStore store = new MemoryStore();
  @TempDir Path dir;

  private Part part(Algorithm algorithm, boolean encrypted) {
    return BackupFixture.part(
        store, algorithm, encrypted ? Optional.of(BackupFixture.keyFile(dir)) : Optional.empty());
  }

  private static Map<String, byte[]> files(Random random, int count, int largest) {
    Map<String, byte[]> files = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = FrameCodecTest.content(random, random.nextInt(largest));
      if (i % 5 == 0) {
        Arrays.fill(bytes, 0, bytes.length * 3 / 4, (byte) 0);
      }
      files.put("base/5/" + i, bytes);
    }
    files.put("empty", new byte[0]);
    files.put("zeros", new byte[3 * Frame.MAX_RAW_BYTES + 17]);
    return files;
  }

  private static void assertSame(Map<String, byte[]> found, Map<String, byte[]> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach((path, bytes) -> assertThat(found.get(path)).as(path).isEqualTo(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "ZSTD,false",
    "ZSTD,true",
    "LZ4,false",
    "LZ4,true",
    "NONE,false",
    "NONE,true",
  })
  void givesBackEveryFile(Algorithm algorithm, boolean encrypted) {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Map<String, byte[]> files = files(new Random(seed), 25, 5 << 20);
    Part part = part(algorithm, encrypted);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(writer, files));
    BackupTotals totals = writer.complete(manifest);
    assertThat(totals.files()).isEqualTo(27);
    Manifest found = new BackupCatalogue(part).manifest(BackupFixture.NAME);
    assertThat(found).isEqualTo(manifest);
    assertSame(BackupFixture.read(part, found), files);
  }

  @Test
  void putsAPackOfAboutThirtyTwoMebibytesWhileTheNextIsFilled() {
    Part part = part(Algorithm.NONE, false);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    byte[] bytes = new byte[100 << 20];
    new Random(5).nextBytes(bytes);
    BackupFixture.store(writer, Map.of("big", bytes));
    List<Long> sizes =
        new BackupCatalogue(part)
            .packs(BackupFixture.NAME).stream().map(object -> object.size()).toList();
    assertThat(sizes).hasSize(4);
    assertThat(sizes.subList(0, 3))
        .allSatisfy(size -> assertThat(size).isBetween(32L << 20, PackBuffer.CAPACITY_BYTES + 0L));
  }

  @Test
  void endsAPackWhoseDirectoryIsFull() {
    Part part = part(Algorithm.ZSTD, true);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Map<String, byte[]> files = new TreeMap<>();
    for (int i = 0; i < 20_000; i++) {
      files.put("a/rather/long/path/so/that/the/directory/fills/up/soon/" + i, new byte[] {1});
    }
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(writer, files));
    writer.complete(manifest);
    assertThat(new BackupCatalogue(part).packs(BackupFixture.NAME)).hasSize(3);
    assertSame(BackupFixture.read(part, manifest), files);
  }

  @ParameterizedTest
  @CsvSource({"ZSTD,true", "LZ4,false"})
  void goesOnFromWhatAnInterruptedRunHasStored(Algorithm algorithm, boolean encrypted) {
    Map<String, byte[]> files = files(new Random(11), 30, 3 << 20);
    Part part = part(algorithm, encrypted);
    BackupFixture.store(BackupFixture.begin(part, BackupFixture.NAME), files);
    final List<String> before = BackupFixture.keys(store);

    BackupCatalogue catalogue = new BackupCatalogue(part);
    BackupEntry.Unfinished unfinished = (BackupEntry.Unfinished) catalogue.list().getFirst();
    BackupWriter resumed = catalogue.resume(unfinished);
    byte[] changed = Objects.requireNonNull(files.get("base/5/7"));
    changed[changed.length / 2] ^= 1;
    List<BackupFile> stored = BackupFixture.store(resumed, files);
    List<String> after = new ArrayList<>(BackupFixture.keys(store));
    after.removeAll(before);
    assertThat(after).hasSize(1);
    int newest = stored.stream().mapToInt(PacksTest::newestPack).max().orElseThrow();
    assertThat(after.getFirst()).endsWith(newest + ".pack");
    assertThat(stored.stream().filter(file -> newestPack(file) == newest).map(BackupFile::path))
        .containsExactly("base/5/7");
    Manifest manifest = BackupFixture.manifest(BackupFixture.NAME, stored);
    resumed.complete(manifest);
    assertSame(BackupFixture.read(part, manifest), files);
  }

  private static int newestPack(BackupFile file) {
    return file.frames().stream().mapToInt(frame -> frame.pack().number()).max().orElse(0);
  }

  @Test
  void copiesAgainWhatADamagedPackOfAnInterruptedRunHeld() {
    Part part = part(Algorithm.ZSTD, false);
    Map<String, byte[]> files = Map.of("a", FrameCodecTest.content(new Random(1), 100_000));
    BackupFixture.store(BackupFixture.begin(part, BackupFixture.NAME), files);
    BackupCatalogue catalogue = new BackupCatalogue(part);
    String pack = catalogue.packs(BackupFixture.NAME).getFirst().key();
    BackupFixture.replace(store, pack, Arrays.copyOf(BackupFixture.bytes(store, pack), 50_000));
    BackupWriter resumed = catalogue.resume((BackupEntry.Unfinished) catalogue.list().getFirst());
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(resumed, files));
    assertThat(manifest.files().getFirst().frames().getFirst().pack().number()).isEqualTo(2);
    resumed.complete(manifest);
    assertSame(BackupFixture.read(part, manifest), files);
  }

  @ParameterizedTest
  @CsvSource({"ZSTD,true", "ZSTD,false", "LZ4,false", "NONE,false"})
  void namesADamagedFrame(Algorithm algorithm, boolean encrypted) {
    Part part = part(algorithm, encrypted);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Map<String, byte[]> files = Map.of("a", FrameCodecTest.content(new Random(1), 3 << 20));
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(writer, files));
    Frame second = manifest.files().getFirst().frames().get(1);
    String key = part.keys().pack(second.pack());
    BackupFixture.damage(store, key, (int) second.packOffset() + second.storedLength() / 2);
    damaged(() -> BackupFixture.read(part, manifest), key, "frame at byte " + second.packOffset());
  }

  private static void damaged(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
        .hasMessageContainingAll(words);
  }

  @Test
  void saysThatAPackIsCutShort() {
    Part part = part(Algorithm.ZSTD, false);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Map<String, byte[]> files = Map.of("a", FrameCodecTest.content(new Random(1), 3 << 20));
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(writer, files));
    String key = part.keys().pack(new PackName(BackupFixture.NAME, 1));
    byte[] bytes = BackupFixture.bytes(store, key);
    BackupFixture.replace(store, key, Arrays.copyOf(bytes, bytes.length / 2));
    damaged(() -> BackupFixture.read(part, manifest), key, "cut short");
  }

  @Test
  void refusesAnEncryptedPackUnderAnotherName() {
    Part part = part(Algorithm.ZSTD, true);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    Map<String, byte[]> files = Map.of("a", FrameCodecTest.content(new Random(1), 1 << 20));
    BackupFixture.store(writer, files);
    Manifest manifest =
        BackupFixture.manifest(BackupFixture.NAME, BackupFixture.store(writer, files));
    String first = part.keys().pack(new PackName(BackupFixture.NAME, 1));
    String second = part.keys().pack(new PackName(BackupFixture.NAME, 2));
    BackupFixture.replace(store, second, BackupFixture.bytes(store, first));
    damaged(() -> BackupFixture.read(part, manifest), second, "does not authenticate");
  }

  @Test
  void readsNeighboursByOneRequest() {
    Part part = part(Algorithm.NONE, false);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    byte[] bytes = FrameCodecTest.content(new Random(1), 8 << 20);
    List<Frame> frames = BackupFixture.store(writer, Map.of("a", bytes)).getFirst().frames();
    assertThat(PackRun.of(frames))
        .singleElement()
        .satisfies(run -> assertThat(run.from()).isZero());
    List<PackRun> two = PackRun.of(List.of(frames.get(7), frames.get(2), frames.get(3)));
    assertThat(two).hasSize(2);
    assertThat(two.getFirst().frames()).containsExactly(frames.get(2), frames.get(3));
    assertThat(PackRun.of(List.of(frames.get(2), frames.get(2)))).hasSize(2);
    List<Long> seen = new ArrayList<>();
    new BackupCatalogue(part)
        .reader()
        .read(
            frames.getFirst().pack(),
            List.of(frames.get(7), frames.get(2), frames.get(2)),
            (frame, raw) -> seen.add(frame.fileOffset()));
    assertThat(seen).containsExactly(2L << 20, 2L << 20, 7L << 20);
  }

  @Test
  void isReadableByTheOrdinaryProgramUpToItsEnd() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/usr/bin/zstd"))).isTrue();
    Part part = part(Algorithm.ZSTD, false);
    byte[] bytes = FrameCodecTest.content(new Random(1), 3 << 20);
    BackupFixture.store(BackupFixture.begin(part, BackupFixture.NAME), Map.of("a", bytes));
    Path pack = dir.resolve("pack.zst");
    Files.write(
        pack, BackupFixture.bytes(store, part.keys().pack(new PackName(BackupFixture.NAME, 1))));
    assertThat(FrameCodecTest.run("zstd", "-dc", pack.toString())).isEqualTo(bytes);
  }

  @Test
  void putsNoManifestBeforeThePacksOfItsFrames() {
    Part part = part(Algorithm.ZSTD, false);
    BackupWriter writer = BackupFixture.begin(part, BackupFixture.NAME);
    try (PackWriter packs = writer.packWriter()) {
      BackupFile file = BackupFixture.store(writer, packs, "a", new byte[] {1, 2, 3});
      Manifest manifest = BackupFixture.manifest(BackupFixture.NAME, List.of(file));
      assertThatThrownBy(() -> writer.complete(manifest))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("was not put");
      packs.flush();
      writer.complete(manifest);
    }
  }

  @Test
  void refusesASecondBackupOfTheSameName() {
    Part part = part(Algorithm.ZSTD, false);
    BackupFixture.begin(part, BackupFixture.NAME);
    assertThatThrownBy(() -> BackupFixture.begin(part, BackupFixture.NAME))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTENT_CONFLICT));
  }

  @Test
  void refusesAPieceThatNoFrameCanHold() {
    Part part = part(Algorithm.ZSTD, false);
    try (PackWriter packs = BackupFixture.begin(part, BackupFixture.NAME).packWriter()) {
      for (int length : List.of(0, Frame.MAX_RAW_BYTES + 1)) {
        assertThatThrownBy(() -> packs.add("a", 0, ByteBuffer.allocate(length)))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
