package io.tidemark.store;

/** Whether the client adds CRC32 checksums to puts and compares them in gets. */
public enum S3Checksums {
  /** Wherever the client can. Some servers answer 400 to that, or store its framing as data. */
  WHEN_SUPPORTED,
  /** Only where S3 demands it: what is stored is then protected by its own format's checksums. */
  WHEN_REQUIRED;

  /** Amazon's own server knows them; of others it is not known. */
  public static S3Checksums usualFor(S3Endpoint endpoint) {
    return endpoint.url() == null ? WHEN_SUPPORTED : WHEN_REQUIRED;
  }
}
