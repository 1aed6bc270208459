package io.tidemark.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A bucket as object store.
 *
 * @param prefix of every key, without slash at either end; may be empty
 * @param region empty: the credential chain's region, or us-east-1 where an endpoint is given
 * @param endpoint empty: AWS
 * @param pathStyle the bucket in the path instead of the host name
 * @param profile of the AWS config files; empty: the default chain
 * @param accessKeyIdFile together with {@code secretAccessKeyFile}; empty: the default chain
 * @param kmsKeyId only for SSE-KMS; empty: the bucket's key
 * @param storageClass as S3 spells it; empty: the bucket's default
 * @param caFile PEM certificates that sign the endpoint's; empty: the JDK's
 * @param requestTimeout of one request, all of its bytes included
 */
public record S3Settings(
    String bucket,
    String prefix,
    Optional<String> region,
    Optional<URI> endpoint,
    boolean pathStyle,
    Optional<String> profile,
    Optional<SecretFile> accessKeyIdFile,
    Optional<SecretFile> secretAccessKeyFile,
    ServerSideEncryption serverSideEncryption,
    Optional<String> kmsKeyId,
    Optional<String> storageClass,
    Checksums checksums,
    Optional<Path> caFile,
    Duration requestTimeout,
    int maxConnections)
    implements StoreSettings {

  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern PREFIX =
      Pattern.compile("(?!(.*/)?\\.\\.?(/|$))([A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*)?");
  private static final Pattern STORAGE_CLASS = Pattern.compile("[A-Z0-9_]{1,40}");

  /** Who encrypts at rest, beside Tidemark's own encryption. */
  public enum ServerSideEncryption {
    NONE,
    SSE_S3,
    SSE_KMS
  }

  /** When requests carry the SDK's own checksum, which some servers refuse or store as data. */
  public enum Checksums {
    WHEN_REQUIRED,
    WHEN_SUPPORTED
  }

  public S3Settings {
    new Checks()
        .matches(BUCKET, "bucket", bucket, "a bucket name of 3 to 63 characters a-z, 0-9, . and -")
        .matches(PREFIX, "prefix", prefix, "names of A-Z, a-z, 0-9, ., _, = and -, separated by /")
        .that(
            accessKeyIdFile.isPresent() || secretAccessKeyFile.isEmpty(),
            "access-key-id-file",
            "secret-access-key-file without it",
            "both or neither")
        .that(
            secretAccessKeyFile.isPresent() || accessKeyIdFile.isEmpty(),
            "secret-access-key-file",
            "access-key-id-file without it",
            "both or neither")
        .that(
            profile.isEmpty() || accessKeyIdFile.isEmpty(),
            "profile",
            "a profile beside access-key-id-file",
            "one of the two")
        .that(
            kmsKeyId.isEmpty() || serverSideEncryption == ServerSideEncryption.SSE_KMS,
            "kms-key-id",
            "a key with server-side-encryption: " + Kind.spell(serverSideEncryption),
            "it only with server-side-encryption: sse-kms")
        .matches(
            STORAGE_CLASS,
            "storage-class",
            storageClass.orElse("STANDARD"),
            "a storage class such as STANDARD_IA")
        .between("request-timeout", requestTimeout, Duration.ofSeconds(1), Duration.ofMinutes(10))
        .between("max-connections", maxConnections, 1, 256)
        .done();
  }

  static Optional<StoreSettings> read(Section section) {
    return section.collect(
        () ->
            new S3Settings(
                section.require("bucket", Kind.TEXT),
                section.find("prefix", Kind.TEXT).orElse(""),
                section.find("region", Kind.TEXT),
                section.find("endpoint", Kind.URL),
                section.get("path-style", Kind.FLAG, "false"),
                section.find("profile", Kind.TEXT),
                section.find("access-key-id-file", Kind.SECRET),
                section.find("secret-access-key-file", Kind.SECRET),
                section.get(
                    "server-side-encryption", Kind.choice(ServerSideEncryption.class), "none"),
                section.find("kms-key-id", Kind.TEXT),
                section.find("storage-class", Kind.TEXT),
                section.get("checksums", Kind.choice(Checksums.class), "when-required"),
                section.find("ca-file", Kind.PATH),
                section.get("request-timeout", Kind.DURATION, "30s"),
                section.get("max-connections", Kind.NUMBER, "16")));
  }
}
