package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretFileTest {
  @TempDir private Path directory;

  private SecretFile secret(String content, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve("secret"), content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return new SecretFile(file);
  }

  private static void refuses(SecretFile secret, String message, String hint) {
    TidemarkException e = catchThrowableOfType(TidemarkException.class, secret::text);
    assertThat(e.code()).isEqualTo(ErrorCode.SECRET_UNUSABLE);
    assertThat(e).hasMessage("secrets file " + secret + " " + message);
    assertThat(e.hint()).isEqualTo(hint);
  }

  @Test
  void givesTheTextWithoutTheLastLineEnd() throws IOException {
    assertThat(secret("a b\n", "rw-------").text()).isEqualTo("a b");
    assertThat(secret("a\r\n", "rw-------").text()).isEqualTo("a");
    assertThat(secret("a\n\n", "rw-------").text()).isEqualTo("a\n");
    assertThat(secret("ä ", "r--------").text()).isEqualTo("ä ");
    assertThat(secret("k\n", "rw-------").bytes()).containsExactly('k', '\n');
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx"})
  void refusesAFileThatOthersCanUse(String permissions) throws IOException {
    // Where the tests do not run as root, the file is not root's either: the rule is the same.
    refuses(
        secret("s", permissions),
        "is open to group or others; expected a file that only its owner can read",
        "run: chmod 600 " + directory.resolve("secret"));
  }

  @Test
  void refusesWhatIsMissingEmptyOrNoFile() throws IOException {
    Path file = directory.resolve("secret");
    refuses(
        new SecretFile(file),
        "does not exist; expected a file with the secret",
        "create it: install -m 600 /dev/null " + file + ", then write the secret into it");
    refuses(
        new SecretFile(directory),
        "is not a regular file; expected one",
        "name a file in the configuration");
    refuses(
        secret("", "rw-------"), "is empty; expected 1 to 65536 bytes", "write the secret into it");
    refuses(secret("\n", "rw-------"), "is empty; expected one secret", "write the secret into it");
    refuses(
        secret("x".repeat(65_537), "rw-------"),
        "has 65537 bytes; expected 1 to 65536 bytes",
        "write the secret into it");
  }

  @ParameterizedTest
  @CsvSource({
    "rw-------, postgres, postgres, false",
    "r--------, root, root, false",
    "rw-r-----, postgres, postgres, true",
    "rw-r-----, root, root, true",
    "rw-r-----, root, postgres, false",
    "rw-rw----, root, postgres, true",
    "rw-r--r--, root, postgres, true",
    "rwx--x---, postgres, postgres, true"
  })
  void followsPostgresRuleForKeyFiles(String permissions, String owner, String user, boolean open) {
    assertThat(SecretFile.isOpenToOthers(PosixFilePermissions.fromString(permissions), owner, user))
        .isEqualTo(open);
  }

  @Test
  void printsOnlyItsPath() throws IOException {
    assertThat(secret("hunter2", "rw-------")).hasToString(directory.resolve("secret").toString());
  }
}
