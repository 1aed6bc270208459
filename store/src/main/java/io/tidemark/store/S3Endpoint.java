package io.tidemark.store;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an S3 server is.
 *
 * @param region as the server's owner names it; any for most servers that are not Amazon's; empty:
 *     what the environment, profile or instance says
 * @param url of a server that is not Amazon's; null for Amazon's of the region
 * @param pathStyle whether the bucket is named in the path and not in the host
 * @param caFile PEM certificates, the only ones to be trusted; null for those of the JVM
 */
public record S3Endpoint(
    String region, @Nullable URI url, boolean pathStyle, @Nullable Path caFile) {

  /** Amazon's own. */
  public static S3Endpoint amazon(String region) {
    return new S3Endpoint(region, null, false, null);
  }

  /** Another server, by path style. */
  public static S3Endpoint at(URI url, String region) {
    return new S3Endpoint(region, url, true, null);
  }
}
