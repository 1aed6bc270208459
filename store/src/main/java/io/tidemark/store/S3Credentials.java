package io.tidemark.store;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Who asks. No secret is ever in {@code toString}. */
public sealed interface S3Credentials {
  /** Environment, profile files, web identity, container, instance: as the AWS SDK looks. */
  record DefaultChain() implements S3Credentials {}

  /** A named profile of the AWS configuration files. */
  record Profile(String name) implements S3Credentials {}

  /**
   * Keys in files of one line each, read anew for every request, so that they can be rotated. The
   * secret's file must not be readable by others.
   */
  record KeyFiles(Path accessKeyId, Path secretAccessKey) implements S3Credentials {}

  /** Keys that the caller holds already. */
  record Keys(String accessKeyId, String secretAccessKey, @Nullable String sessionToken)
      implements S3Credentials {
    @Override
    public String toString() {
      return "Keys[accessKeyId=" + accessKeyId + ", secretAccessKey=***, sessionToken=***]";
    }
  }
}
