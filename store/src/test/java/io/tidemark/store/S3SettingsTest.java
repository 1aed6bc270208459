package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

final class S3SettingsTest {
  @TempDir private Path directory = Path.of("/nonexistent");
  private Path id = directory;
  private Path secret = directory;

  @BeforeEach
  void writeKeys() throws IOException {
    id = Files.writeString(directory.resolve("id"), "AKIA\n");
    secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
    mode(secret, "rw-r-----");
  }

  private static void mode(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private AwsCredentialsProvider provider() {
    return S3Identity.provider(new S3Credentials.KeyFiles(id, secret));
  }

  @Test
  void readsKeysAnewSoThatTheyCanBeRotated() throws IOException {
    AwsCredentialsProvider provider = provider();
    assertThat(provider.resolveCredentials().secretAccessKey()).isEqualTo("s3cret");

    Files.writeString(secret, "rotated\n");

    assertThat(provider.resolveCredentials().accessKeyId()).isEqualTo("AKIA");
    assertThat(provider.resolveCredentials().secretAccessKey()).isEqualTo("rotated");
  }

  @Test
  void refusesASecretThatOthersCanRead() throws IOException {
    mode(secret, "rw-r--r--");

    assertUnusable("Others can read " + secret);
  }

  @Test
  void refusesASecretThatIsMissingOrEmpty() throws IOException {
    Files.writeString(secret, "\n");
    assertUnusable("exactly one line");

    Files.delete(secret);
    assertUnusable("cannot be read");
  }

  private void assertUnusable(String found) {
    AwsCredentialsProvider provider = provider();
    assertThatThrownBy(provider::resolveCredentials)
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SECRET_UNUSABLE))
        .hasMessageContaining(found)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void neverShowsASecret() {
    S3Settings settings =
        S3Settings.of(
            "bucket",
            "p",
            S3Endpoint.amazon("eu-west-1"),
            new S3Credentials.Keys("AKIA", "s3cret", "t0ken"));

    assertThat(settings.toString()).contains("AKIA").doesNotContain("s3cret", "t0ken");
  }

  @Test
  void refusesABucketWithoutANameAndAPrefixThatIsNoKey() {
    S3Endpoint amazon = S3Endpoint.amazon("eu-west-1");
    S3Credentials chain = new S3Credentials.DefaultChain();

    assertThatThrownBy(() -> S3Settings.of("", "p", amazon, chain))
        .isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> S3Settings.of("bucket", "/p/", amazon, chain))
        .isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> S3Settings.of("bucket", "p".repeat(200), amazon, chain))
        .isInstanceOf(StoreException.class);
  }

  @Test
  void refusesACaFileThatHoldsNone() throws IOException {
    Path ca = Files.writeString(directory.resolve("ca.pem"), "not a certificate");
    S3Settings settings =
        S3Settings.of(
            "bucket",
            "",
            new S3Endpoint("eu-west-1", null, false, ca),
            new S3Credentials.DefaultChain());

    assertThatThrownBy(() -> S3Store.open(settings))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(ca.toString());
  }
}
