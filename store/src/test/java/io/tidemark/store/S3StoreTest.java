package io.tidemark.store;

import io.tidemark.testing.EmbeddedS3;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;

final class S3StoreTest extends ObjectStoreConformance {
  private static final EmbeddedS3 server = EmbeddedS3.start();

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected ObjectStore openEmpty() {
    return S3Store.open(settings(server, "some/prefix"));
  }

  static S3Settings settings(EmbeddedS3 server, String prefix) {
    return S3Settings.of(
        server.bucket("test-" + UUID.randomUUID()),
        prefix,
        S3Endpoint.at(server.endpoint(), server.region()),
        new S3Credentials.Keys(server.accessKey(), server.secretKey(), null));
  }
}
