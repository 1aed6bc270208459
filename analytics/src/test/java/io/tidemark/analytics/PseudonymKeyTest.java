package io.tidemark.analytics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PseudonymKeyTest {
  @TempDir private Path directory;

  private SecretFile file(String content) throws IOException {
    Path file = Files.writeString(directory.resolve("key"), content);
    return new SecretFile(
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------")));
  }

  private String fingerprint(String content) throws IOException {
    return PseudonymKey.read(file(content)).fingerprint();
  }

  @Test
  void isReadFromHexBase64OrOneLineOfText() throws IOException {
    byte[] material = new byte[64];
    new Random(1).nextBytes(material);
    String fingerprint = new PseudonymKey(material).fingerprint();
    String hex = HexFormat.of().formatHex(material);
    String base64 = Base64.getEncoder().encodeToString(material);
    assertThat(fingerprint).matches("[0-9a-f]{8}");
    assertThat(fingerprint(hex + "\n")).isEqualTo(fingerprint);
    assertThat(fingerprint(hex.toUpperCase(Locale.ROOT))).isEqualTo(fingerprint);
    assertThat(fingerprint(base64)).isEqualTo(fingerprint);
    // As openssl breaks it.
    assertThat(fingerprint(base64.substring(0, 64) + "\n" + base64.substring(64) + "\n"))
        .isEqualTo(fingerprint);
    String line = "correct horse battery staple, twice over";
    assertThat(fingerprint(line + "\n"))
        .isEqualTo(new PseudonymKey(line.getBytes(UTF_8)).fingerprint())
        .isNotEqualTo(fingerprint);
    // Base64 of less than 32 bytes is a line like any other.
    String letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
    assertThat(fingerprint(letters))
        .isEqualTo(new PseudonymKey(letters.getBytes(UTF_8)).fingerprint());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "short",
        "   0123456789012345678901234567zz       ",
        "0123456789abcdef0123456789abcdef",
        "a line of text, and then\nanother one, which no key has",
        "c2hvcnQ="
      })
  void isRefusedWhenShorterThan32Bytes(String content) throws IOException {
    SecretFile file = file(content);
    assertThatThrownBy(() -> PseudonymKey.read(file))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.SECRET_UNUSABLE);
              assertThat(e.explain())
                  .contains(file.toString(), "expected at least 32", "openssl rand -base64 32")
                  .doesNotContain(content.strip());
            });
  }

  @Test
  void isRefusedWhereOthersCanReadIt() throws IOException {
    SecretFile file = file("0123456789 0123456789 0123456789");
    Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> PseudonymKey.read(file)).hasMessageContaining("open to group");
  }

  @Test
  void isNotPrinted() throws IOException {
    String line = "correct horse battery staple, twice over";
    PseudonymKey key = PseudonymKey.read(file(line));
    assertThat(key).hasToString("PseudonymKey " + key.fingerprint());
  }

  /** RFC 4231, test case 2. */
  @Test
  void makesTheCodeOfTheStandard() {
    byte[] code =
        new PseudonymKey("Jefe".getBytes(UTF_8))
            .hmac("what do ya want for nothing?".getBytes(UTF_8));
    assertThat(HexFormat.of().formatHex(code))
        .isEqualTo("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }

  @Test
  void makesTheSameCodesInManyThreads() {
    PseudonymKey key = Masking.KEY;
    byte[][] alone =
        IntStream.range(0, 20_000)
            .mapToObj(i -> key.hmac(("" + i).getBytes(UTF_8)))
            .toArray(byte[][]::new);
    byte[][] together =
        IntStream.range(0, 20_000)
            .parallel()
            .mapToObj(i -> key.hmac(("" + i).getBytes(UTF_8)))
            .toArray(byte[][]::new);
    assertThat(together).isDeepEqualTo(alone);
  }
}
