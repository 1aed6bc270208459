package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.repository.SealedObjects.Opened;
import io.tidemark.store.Content;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.NeedsTool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SealedObjectsTest {
  private static final String KEY = "main/wal/00000001/00000000/000000010000000000000005.wal";
  private static final int LIMIT = 8 << 20;

  @TempDir private Path directory;
  private Path keyFile = Path.of("/");
  private final MemoryStore store = new MemoryStore();

  @BeforeEach
  void makeKeyFile() {
    keyFile = directory.resolve("keys.json");
    Keyring.generateKeyFile(keyFile);
  }

  static List<Arguments> variants() {
    List<Arguments> variants = new ArrayList<>();
    for (Compression.Algorithm algorithm : Compression.Algorithm.values()) {
      for (boolean encrypted : List.of(false, true)) {
        variants.add(Arguments.of(algorithm, encrypted));
      }
    }
    return variants;
  }

  private Part part(Compression.Algorithm algorithm, boolean encrypted) {
    RepositoryOptions options =
        TestWal.options(
            algorithm, encrypted ? Optional.of(keyFile) : Optional.empty(), algorithm.name());
    Keys keys = new Keys("main");
    Optional<Keyring> keyring =
        options
            .encryptionKeyFile()
            .map(file -> Keyring.create(store, keys, file, options.writer()));
    return Part.of(store, keys, TestWal.identity(encrypted), options, keyring);
  }

  /** Some pieces of 1 MiB and a shorter one, half of it easy to compress. */
  private static ByteBuffer raw(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    for (int i = 0; i < length; i += 2) {
      bytes[i] = 7;
    }
    return ByteBuffer.wrap(bytes);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void readsWhatItPut(Compression.Algorithm algorithm, boolean encrypted) {
    SealedObjects sealed = part(algorithm, encrypted).sealed();
    for (int length : List.of(0, 1, 1 << 20, (1 << 20) + 1, (5 << 20) - 3)) {
      String key = "main/x" + length;
      sealed.put(key, Kind.SEGMENT, Json.object().put("commits", 7), raw(length));

      Opened opened = sealed.read(key, Kind.SEGMENT, LIMIT);

      assertThat(opened.raw()).isEqualTo(raw(length));
      assertThat(opened.header().about().get("commits").intValue()).isEqualTo(7);
      assertThat(sealed.header(key, Kind.SEGMENT)).isEqualTo(opened.header());
      assertThat(opened.header().crc32c().isPresent()).isNotEqualTo(encrypted);
      assertThat(opened.header().keyId().isPresent()).isEqualTo(encrypted);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void countsTheSameRawContentAsTheSameHoweverItWasStored(
      Compression.Algorithm algorithm, boolean encrypted) {
    SealedObjects first = part(algorithm, encrypted).sealed();
    first.put(KEY, Kind.SEGMENT, Json.object(), raw(3_000_000));

    for (Compression.Algorithm other : Compression.Algorithm.values()) {
      part(other, encrypted).sealed().put(KEY, Kind.SEGMENT, Json.object(), raw(3_000_000));
    }
    assertThat(first.header(KEY, Kind.SEGMENT).writer()).isEqualTo(algorithm + "/42/0.1.0");
  }

  @ParameterizedTest
  @MethodSource("variants")
  void refusesAnotherContent(Compression.Algorithm algorithm, boolean encrypted) {
    SealedObjects sealed = part(algorithm, encrypted).sealed();
    sealed.put(KEY, Kind.SEGMENT, Json.object(), raw(3_000_000));
    ByteBuffer changed = raw(3_000_000).put(2_345_678, (byte) 1);

    assertConflict(sealed, changed, "differ first at byte 2345678");
    assertConflict(sealed, raw(3_000_000).limit(2_000_000), "differ first at byte 2000000");
    assertConflict(sealed, ByteBuffer.allocate(0), "differ first at byte 0");
    ByteBuffer longer = ByteBuffer.allocate(3_000_001).put(raw(3_000_000)).clear();
    assertConflict(sealed, longer, "differ first at byte 3000000");
  }

  private static void assertConflict(SealedObjects sealed, ByteBuffer raw, String where) {
    assertThatThrownBy(() -> sealed.put(KEY, Kind.SEGMENT, Json.object(), raw))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTENT_CONFLICT))
        .hasMessageContaining(where)
        .hasMessageContaining("3000000 bytes written by");
  }

  @ParameterizedTest
  @MethodSource("variants")
  void neverReadsAnythingElseFromADamagedObject(
      Compression.Algorithm algorithm, boolean encrypted) {
    Part part = part(algorithm, encrypted);
    part.sealed().put(KEY, Kind.SEGMENT, Json.object().put("commits", 7), raw(2_500_000));
    byte[] good = StoreReads.small(store, KEY, LIMIT);
    SealedHeader header = part.sealed().header(KEY, Kind.SEGMENT);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Integer> places = new ArrayList<>(List.of(0, 4, 5, 8, 12, 13, 60, 200, good.length - 1));
    for (int i = 0; i < 60; i++) {
      places.add(random.nextInt(good.length));
    }
    for (int place : places) {
      byte[] bad = good.clone();
      bad[place] ^= (byte) (1 << random.nextInt(8));
      assertDamagedOrRight(part, bad, header, "a flip at byte " + place);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void noticesThatAnObjectIsCutShortOrGoesOn(Compression.Algorithm algorithm, boolean encrypted)
      throws Exception {
    Part part = part(algorithm, encrypted);
    part.sealed().put(KEY, Kind.SEGMENT, Json.object(), raw(2_500_000));
    byte[] good = StoreReads.small(store, KEY, LIMIT);
    int header = SealedHeader.length(new Damage("it"), ByteBuffer.wrap(good));
    List<Integer> lengths = new ArrayList<>(List.of(0, 3, 11, 12, header - 1, header, header + 5));
    lengths.addAll(frameEnds(good, header, algorithm, encrypted));
    lengths.add(good.length - 1);
    for (int length : lengths) {
      assertDamaged(part, Arrays.copyOf(good, length), "cut after " + length);
    }
    assertDamaged(part, Arrays.copyOf(good, good.length + 1), "a byte too many");
    byte[] twice = Arrays.copyOf(good, 2 * good.length - header);
    System.arraycopy(good, header, twice, good.length, good.length - header);
    assertDamaged(part, twice, "its frames twice");
  }

  private static List<Integer> frameEnds(
      byte[] object, int header, Compression.Algorithm algorithm, boolean encrypted)
      throws DamagedFrameException {
    List<Integer> ends = new ArrayList<>();
    try (FrameCodec codec = new FrameCodec(Compression.DEFAULT)) {
      ByteBuffer rest = ByteBuffer.wrap(object).position(header);
      while (rest.hasRemaining()) {
        rest.position(rest.position() + codec.frameLength(rest.slice(), algorithm, encrypted));
        ends.add(rest.position());
      }
    }
    ends.removeLast();
    return ends;
  }

  @Test
  void doesNotDecryptFramesThatWereSwapped() throws Exception {
    Part part = part(Compression.Algorithm.NONE, true);
    part.sealed().put(KEY, Kind.SEGMENT, Json.object(), raw(3 << 20));
    byte[] good = StoreReads.small(store, KEY, LIMIT);
    int header = SealedHeader.length(new Damage("it"), ByteBuffer.wrap(good));
    List<Integer> ends = frameEnds(good, header, Compression.Algorithm.NONE, true);
    int frame = ends.getFirst() - header;
    byte[] swapped = good.clone();
    System.arraycopy(good, header, swapped, header + frame, frame);
    System.arraycopy(good, header + frame, swapped, header, frame);

    assertDamaged(part, swapped, "two frames swapped");
  }

  @Test
  void doesNotDecryptAnObjectUnderAnotherName() {
    Part part = part(Compression.Algorithm.ZSTD, true);
    part.sealed().put(KEY, Kind.SEGMENT, Json.object(), raw(100));
    store.putIfAbsent("main/other", Content.of(StoreReads.small(store, KEY, LIMIT)));

    assertThatThrownBy(() -> part.sealed().read("main/other", Kind.SEGMENT, LIMIT))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED));
  }

  private void assertDamaged(Part part, byte[] bad, String how) {
    replace(bad);
    assertThatThrownBy(() -> part.sealed().read(KEY, Kind.SEGMENT, LIMIT))
        .as(how)
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
        .hasMessageContaining(KEY);
  }

  /** Some bits of a compressed frame mean nothing; then the content must be right all the same. */
  private void assertDamagedOrRight(Part part, byte[] bad, SealedHeader header, String how) {
    replace(bad);
    Opened[] opened = new Opened[1];
    Throwable thrown =
        catchThrowable(() -> opened[0] = part.sealed().read(KEY, Kind.SEGMENT, LIMIT));
    if (thrown == null) {
      assertThat(opened[0].raw()).as(how).isEqualTo(raw(2_500_000));
      assertThat(opened[0].header()).as(how).isEqualTo(header);
    } else {
      assertThat(thrown)
          .as(how)
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
          .hasMessageContaining(KEY);
    }
  }

  private void replace(byte[] object) {
    store.delete(KEY);
    store.putIfAbsent(KEY, Content.of(object));
  }

  @Test
  void refusesAnObjectOfAnotherKindOrLongerThanItCanBe() {
    SealedObjects sealed = part(Compression.Algorithm.ZSTD, false).sealed();
    sealed.put(KEY, Kind.SEGMENT, Json.object(), raw(2_500_000));

    assertThatThrownBy(() -> sealed.read(KEY, Kind.TAIL, LIMIT))
        .hasMessageContaining("it is a segment; expected a tail");
    assertThatThrownBy(() -> sealed.header(KEY, Kind.TAIL))
        .hasMessageContaining("it is a segment; expected a tail");
    assertThatThrownBy(() -> sealed.read(KEY, Kind.SEGMENT, 2_499_999))
        .hasMessageContaining("claims 2500000 raw bytes");
  }

  @Test
  void refusesANewerFormat() {
    byte[] json = "{\"format\":2,\"kind\":\"wonder\",\"about\":7}".getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = ByteBuffer.allocate(12 + json.length).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(SealedHeader.MAGIC).putInt(4 + json.length);
    header.putInt(Checksums.crc32c(ByteBuffer.wrap(json))).put(json);
    replace(header.array());

    assertThatThrownBy(
            () -> part(Compression.Algorithm.ZSTD, false).sealed().read(KEY, Kind.SEGMENT, LIMIT))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORMAT_NEWER))
        .hasMessageContaining("has format 2; this Tidemark reads format 1");
  }

  @Test
  void writesTheHeaderAsTheFormatSays() {
    SealedHeader header =
        new SealedHeader(
            Kind.SEGMENT,
            "here/42/0.1.0",
            Instant.parse("2026-11-20T15:02:12.1Z"),
            Compression.Algorithm.ZSTD,
            Optional.empty(),
            OptionalLong.of(16777216),
            OptionalInt.of(0xE3069283),
            SummaryJson.toJson(TestWal.summary(5)));

    byte[] bytes = header.encode();

    String json =
        "{\"format\":1,\"kind\":\"segment\",\"writer\":\"here/42/0.1.0\","
            + "\"at\":\"2026-11-20T15:02:12.100000Z\",\"compression\":\"zstd\",\"raw\":16777216,"
            + "\"crc32c\":\"E3069283\",\"about\":{\"commits\":3,"
            + "\"firstEnd\":\"2026-11-20T15:03:02.123456Z\","
            + "\"lastEnd\":\"2026-11-20T15:03:09.623456Z\",\"minXid\":715,\"maxXid\":717,"
            + "\"restorePoints\":[{\"name\":\"point5\",\"lsn\":\"0/501000\","
            + "\"at\":\"2026-11-20T15:03:02.128456Z\"}],\"tablespacesMade\":0}}";
    assertThat(new String(bytes, 12, bytes.length - 12, StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(bytes).startsWith(0x5D, 0x2A, 0x4D, 0x18, 4 + json.length() - 256, 1, 0, 0);
    assertThat(SealedHeader.decode(new Damage("it"), ByteBuffer.wrap(bytes)).encode())
        .isEqualTo(bytes);
  }

  @Test
  void readsAHeaderThatIsLongerThanUsual() {
    SealedObjects sealed = part(Compression.Algorithm.ZSTD, false).sealed();
    sealed.put(KEY, Kind.SEGMENT, Json.object().put("x", "y".repeat(60_000)), raw(10));

    assertThat(sealed.header(KEY, Kind.SEGMENT).about().get("x").textValue()).hasSize(60_000);
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.Algorithm.class,
      names = {"ZSTD", "LZ4"})
  @NeedsTool({"zstd", "lz4"})
  void isReadableWithNothingButTheCompressorsOwnTool(Compression.Algorithm algorithm)
      throws Exception {
    part(algorithm, false).sealed().put(KEY, Kind.SEGMENT, Json.object(), raw(3_000_000));
    Path object = directory.resolve("object");
    Files.write(object, StoreReads.small(store, KEY, LIMIT));
    Path raw = directory.resolve("raw");

    Process tool =
        new ProcessBuilder(algorithm == Compression.Algorithm.ZSTD ? "zstd" : "lz4", "-dc")
            .redirectInput(object.toFile())
            .redirectOutput(raw.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(tool.waitFor(1, TimeUnit.MINUTES)).isTrue();

    assertThat(tool.exitValue()).isZero();
    assertThat(ByteBuffer.wrap(read(raw))).isEqualTo(raw(3_000_000));
  }

  private static byte[] read(Path file) throws IOException {
    return Files.readAllBytes(file);
  }
}
