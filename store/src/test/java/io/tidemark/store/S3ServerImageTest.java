package io.tidemark.store;

import io.tidemark.testing.NeedsDocker;
import java.net.URI;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.services.s3.S3Client;

/** The suite against SeaweedFS, an S3 server that production uses, from its official image. */
@NeedsDocker
final class S3ServerImageTest extends ObjectStoreConformance {
  private static final int PORT = 8333;
  private static final GenericContainer<?> SERVER =
      new GenericContainer<>(DockerImageName.parse("chrislusf/seaweedfs:4.43"))
          .withCommand("server", "-dir=/data", "-s3")
          .withExposedPorts(PORT)
          .waitingFor(Wait.forHttp("/").forPort(PORT).forStatusCodeMatching(code -> code < 500));

  @BeforeAll
  static void start() {
    SERVER.start();
  }

  @AfterAll
  static void stop() {
    SERVER.stop();
  }

  @Override
  protected ObjectStore openEmpty() {
    URI url = URI.create("http://" + SERVER.getHost() + ":" + SERVER.getMappedPort(PORT));
    S3Settings settings =
        S3Settings.of(
            "test-" + UUID.randomUUID(),
            "prefix",
            S3Endpoint.at(url, "us-east-1"),
            new S3Credentials.Keys("any", "any", null));
    try (S3Client client = S3Clients.open(settings)) {
      client.createBucket(create -> create.bucket(settings.bucket()));
    }
    return S3Store.open(settings);
  }
}
