package io.tidemark.demo;

import io.tidemark.testing.EmbeddedS3;
import io.tidemark.testing.TestCluster;
import java.nio.file.Path;

/** The configuration that the demo's daemon and commands run with. */
final class Settings {
  static final String FILE = "tidemark.yaml";
  static final String CLUSTER = "shop";
  static final String APPLICATION = "tidemark_shop";
  static final String BUCKET = "tidemark-demo";

  private Settings() {}

  /** Writes the file for a repository in a folder. */
  static void write(DemoHome home, TestCluster primary, int httpPort) {
    String repository =
        """
            type: posix
            path: %s
        """
            .formatted(home.resolve("repository"));
    write(home, primary, httpPort, repository);
  }

  /** Writes the file, and the secrets, for a repository on an S3 server. */
  static void write(DemoHome home, TestCluster primary, int httpPort, EmbeddedS3 s3) {
    Path id = home.writePrivate("secrets/s3-access-key-id", s3.accessKey());
    Path secret = home.writePrivate("secrets/s3-secret-access-key", s3.secretKey());
    String repository =
        """
            type: s3
            bucket: %s
            endpoint: %s
            path-style: true
            region: %s
            access-key-id-file: %s
            secret-access-key-file: %s
        """
            .formatted(s3.bucket(BUCKET), s3.endpoint(), s3.region(), id, secret);
    write(home, primary, httpPort, repository);
  }

  private static void write(DemoHome home, TestCluster primary, int httpPort, String repository) {
    String text =
        """
        http: {listen: "127.0.0.1:%d"}
        run-directory: %s
        state-directory: %s
        repositories:
          demo:
        %sclusters:
          %s:
            repository: demo
            connection: {host: 127.0.0.1, port: %d, user: tidemark, sslmode: disable}
            bin-directory: %s
            archive: {rpo: 1s}
            backup: {schedule: none, checkpoint: fast}
            retention: {schedule: none}
        """
            .formatted(
                httpPort,
                home.resolve("run"),
                home.resolve("state"),
                repository,
                CLUSTER,
                primary.port(),
                primary.binaries().bin());
    home.writePrivate(FILE, text);
  }
}
