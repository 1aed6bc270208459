package io.tidemark.store;

import org.jspecify.annotations.Nullable;

/** How the server encrypts what it stores. */
public sealed interface S3Encryption {
  /** As the bucket is set up. */
  record BucketDefault() implements S3Encryption {}

  /** SSE-S3: with keys of the server's own. */
  record Aes256() implements S3Encryption {}

  /**
   * SSE-KMS.
   *
   * @param keyId id, alias or ARN; null for the account's own key
   */
  record Kms(@Nullable String keyId) implements S3Encryption {}
}
