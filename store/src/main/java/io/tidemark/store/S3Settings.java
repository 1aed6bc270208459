package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * A store in a bucket.
 *
 * @param prefix put before every key with a slash between; empty for none, else itself a key
 * @param storageClass as S3 spells it; null for the bucket's usual one
 */
public record S3Settings(
    String bucket,
    String prefix,
    S3Endpoint endpoint,
    S3Credentials credentials,
    S3Encryption encryption,
    @Nullable String storageClass,
    S3Checksums checksums,
    S3Limits limits) {
  private static final int MAX_PREFIX_BYTES = 1024 - ObjectKey.MAX_BYTES - 1;

  public S3Settings {
    boolean goodPrefix =
        prefix.isEmpty() || (ObjectKey.isKey(prefix) && prefix.length() <= MAX_PREFIX_BYTES);
    if (bucket.isBlank() || !goodPrefix) {
      throw new StoreException(
          Kind.REFUSED,
          "Found bucket '" + bucket + "' and prefix '" + prefix + "'",
          "A bucket must be named; a prefix has the form of a key and at most "
              + MAX_PREFIX_BYTES
              + " bytes.",
          null);
    }
  }

  /** With what is usual for the rest. */
  public static S3Settings of(
      String bucket, String prefix, S3Endpoint endpoint, S3Credentials credentials) {
    return new S3Settings(
        bucket,
        prefix,
        endpoint,
        credentials,
        new S3Encryption.BucketDefault(),
        null,
        S3Checksums.usualFor(endpoint),
        S3Limits.usual());
  }

  public S3Settings withLimits(S3Limits other) {
    return new S3Settings(
        bucket, prefix, endpoint, credentials, encryption, storageClass, checksums, other);
  }

  public S3Settings withChecksums(S3Checksums other) {
    return new S3Settings(
        bucket, prefix, endpoint, credentials, encryption, storageClass, other, limits);
  }
}
