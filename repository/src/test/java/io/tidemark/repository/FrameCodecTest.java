package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemark.repository.Compression.Algorithm;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameCodecTest {
  private static final DataKey KEY = key("00000000000000A1", 1);

  static DataKey key(String id, int fill) {
    byte[] secret = new byte[DataKey.BYTES];
    Arrays.fill(secret, (byte) fill);
    return new DataKey(id, secret);
  }

  private static FrameCodec codec(Algorithm algorithm) {
    return new FrameCodec(new Compression(algorithm, 3));
  }

  private static ByteBuffer encoded(FrameCodec codec, ByteBuffer raw, @Nullable FrameSeal seal) {
    ByteBuffer into = ByteBuffer.allocateDirect(FrameCodec.maxStored(raw.remaining()));
    codec.encode(raw, into, seal);
    return into.flip();
  }

  private static void decode(
      FrameCodec codec, Algorithm algorithm, ByteBuffer stored, @Nullable FrameSeal seal)
      throws DamagedFrameException {
    codec.decode(stored, algorithm, ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES), seal);
  }

  /** Text-like, then random: some of it compresses. */
  static byte[] content(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    for (int i = 0; i < length / 2; i++) {
      bytes[i] = (byte) ('a' + (bytes[i] & 7));
    }
    return bytes;
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void givesBackWhatItWasGiven(Algorithm algorithm) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int[] lengths = {0, 1, 17, 8192, 65_536, Frame.MAX_RAW_BYTES - 1, Frame.MAX_RAW_BYTES};
    try (FrameCodec codec = codec(algorithm)) {
      for (int length : lengths) {
        for (FrameSeal seal : Arrays.asList(null, FrameSeal.at(KEY, "c/x", length))) {
          for (boolean direct : List.of(true, false)) {
            byte[] content = content(random, length);
            ByteBuffer raw =
                direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
            raw.put(content).flip();
            int room = FrameCodec.maxStored(length) + 5;
            ByteBuffer stored =
                direct ? ByteBuffer.allocateDirect(room) : ByteBuffer.allocate(room);
            stored.position(5);
            int storedLength = codec.encode(raw, stored, seal);
            assertThat(stored.position()).isEqualTo(5 + storedLength);
            assertThat(raw.remaining()).isEqualTo(length);
            stored.flip().position(5);
            assertThat(codec.frameLength(stored, algorithm, seal != null)).isEqualTo(storedLength);
            ByteBuffer back =
                direct ? ByteBuffer.allocateDirect(length + 3) : ByteBuffer.allocate(length + 3);
            back.position(3);
            assertThat(codec.decode(stored, algorithm, back, seal)).isEqualTo(length);
            byte[] found = new byte[length];
            back.flip().position(3).get(found);
            assertThat(found).isEqualTo(content);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"ZSTD", "LZ4"})
  void isReadableByTheOrdinaryProgram(Algorithm algorithm, @TempDir Path dir) throws Exception {
    String program = algorithm == Algorithm.ZSTD ? "zstd" : "lz4";
    assumeThat(Files.isExecutable(Path.of("/usr/bin", program))).isTrue();
    byte[] content = content(new Random(7), 3 * Frame.MAX_RAW_BYTES);
    Path file = dir.resolve("frames");
    try (FrameCodec codec = codec(algorithm);
        OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < 3; i++) {
        ByteBuffer raw = ByteBuffer.wrap(content, i << 20, 1 << 20);
        ByteBuffer stored = encoded(codec, raw, null);
        byte[] bytes = new byte[stored.remaining()];
        stored.get(bytes);
        out.write(bytes);
      }
    }
    assertThat(run(program, "-dc", file.toString())).isEqualTo(content);
  }

  static byte[] run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (InputStream out = process.getInputStream()) {
      byte[] bytes = out.readAllBytes();
      assertThat(process.waitFor()).isZero();
      return bytes;
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void refusesAFrameThatIsCutShort(Algorithm algorithm) {
    FrameSeal seal = FrameSeal.at(KEY, "c/x", 0);
    ByteBuffer raw = ByteBuffer.wrap(content(new Random(3), 5000));
    try (FrameCodec codec = codec(algorithm)) {
      ByteBuffer plain = encoded(codec, raw, null);
      ByteBuffer sealed = encoded(codec, raw, seal);
      for (int cut : List.of(0, 1, 7, 20, 100, sealed.remaining() - 1)) {
        assertThatThrownBy(() -> decode(codec, algorithm, sealed.slice(0, cut), seal))
            .isInstanceOf(DamagedFrameException.class);
        if (algorithm != Algorithm.NONE && cut < plain.remaining()) {
          assertThatThrownBy(() -> decode(codec, algorithm, plain.slice(0, cut), null))
              .isInstanceOf(DamagedFrameException.class);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void refusesAnEncryptedFrameWithAnyBitChanged(Algorithm algorithm) {
    FrameSeal seal = FrameSeal.at(KEY, "c/x", 0);
    try (FrameCodec codec = codec(algorithm)) {
      ByteBuffer stored = encoded(codec, ByteBuffer.wrap(content(new Random(3), 300)), seal);
      for (int i = 0; i < stored.remaining(); i++) {
        ByteBuffer changed = ByteBuffer.allocate(stored.remaining()).put(stored.duplicate()).flip();
        changed.put(i, (byte) (changed.get(i) ^ 4));
        assertThatThrownBy(() -> decode(codec, algorithm, changed, seal))
            .isInstanceOf(DamagedFrameException.class);
      }
    }
  }

  @Test
  void refusesAnEncryptedFrameInAnotherPlaceOrUnderAnotherKey() {
    try (FrameCodec codec = codec(Algorithm.ZSTD)) {
      ByteBuffer raw = ByteBuffer.wrap(content(new Random(3), 300));
      ByteBuffer stored = encoded(codec, raw, FrameSeal.at(KEY, "c/x", 8));
      for (FrameSeal other :
          List.of(
              FrameSeal.at(KEY, "c/x", 9),
              FrameSeal.at(KEY, "c/y", 8),
              FrameSeal.last(KEY, "c/x", 8),
              FrameSeal.at(key("00000000000000A1", 2), "c/x", 8))) {
        assertThatThrownBy(() -> decode(codec, Algorithm.ZSTD, stored, other))
            .isInstanceOf(DamagedFrameException.class)
            .hasMessageContaining("does not authenticate");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void neverWritesMoreThanThereIsRoomFor(Algorithm algorithm) {
    try (FrameCodec codec = codec(algorithm)) {
      ByteBuffer stored = encoded(codec, ByteBuffer.wrap(content(new Random(3), 300)), null);
      for (boolean direct : List.of(true, false)) {
        ByteBuffer into = direct ? ByteBuffer.allocateDirect(299) : ByteBuffer.allocate(299);
        assertThatThrownBy(() -> codec.decode(stored, algorithm, into, null))
            .isInstanceOf(DamagedFrameException.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void neverTrustsDamagedBytes(Algorithm algorithm) {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] content = content(random, 20_000);
    try (FrameCodec codec = codec(algorithm)) {
      ByteBuffer good = encoded(codec, ByteBuffer.wrap(content), null);
      ByteBuffer into = ByteBuffer.allocateDirect(20_100);
      int refused = 0;
      for (int round = 0; round < 2000; round++) {
        ByteBuffer bad = ByteBuffer.allocateDirect(good.remaining()).put(good.duplicate()).flip();
        bad.put(random.nextInt(round % 2 == 0 ? 30 : bad.limit()), (byte) random.nextInt(256));
        try {
          codec.decode(bad, algorithm, into.clear(), null);
        } catch (DamagedFrameException e) {
          refused++;
        }
      }
      assertThat(refused).isGreaterThanOrEqualTo(algorithm == Algorithm.NONE ? 0 : 100);
    }
  }

  @Test
  void neverPrintsAKey() {
    assertThat(KEY).hasToString("data key 00000000000000A1");
    assertThat(FrameSeal.at(KEY, "c/x", 1).toString()).doesNotContain("0101").doesNotContain("[B");
  }
}
