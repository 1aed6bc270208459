package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

final class EmbeddedS3Test {
  @Test
  void storesObjectsOverHttp() {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Client client = client(server, server.secretKey())) {
      String bucket = server.bucket("tidemark");
      put(client, bucket, "a/b", "content");
      assertThat(get(client, bucket, "a/b")).isEqualTo("content");
      assertThat(client.listObjectsV2(list -> list.bucket(bucket).prefix("a/")).contents())
          .extracting(S3Object::key)
          .containsExactly("a/b");
      client.deleteObject(delete -> delete.bucket(bucket).key("a/b"));
      assertThat(client.listObjectsV2(list -> list.bucket(bucket)).contents()).isEmpty();
    }
  }

  @Test
  void refusesASecondPutIfAbsent() {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Client client = client(server, server.secretKey())) {
      String bucket = server.bucket("tidemark");
      put(client, bucket, "key", "first");
      assertThatThrownBy(() -> put(client, bucket, "key", "second"))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
      assertThat(get(client, bucket, "key")).isEqualTo("first");
    }
  }

  @Test
  void refusesAWrongSecret() {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Client client = client(server, "wrong")) {
      String bucket = server.bucket("tidemark");
      assertThatThrownBy(() -> put(client, bucket, "key", "first"))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
    }
  }

  @Test
  void goesOnInTheSameDirectory(@TempDir Path directory) {
    try (EmbeddedS3 server = EmbeddedS3.start(directory);
        S3Client client = client(server, server.secretKey())) {
      put(client, server.bucket("tidemark"), "key", "kept");
    }
    try (EmbeddedS3 server = EmbeddedS3.start(directory);
        S3Client client = client(server, server.secretKey())) {
      assertThat(get(client, server.bucket("tidemark"), "key")).isEqualTo("kept");
    }
  }

  private static void put(S3Client client, String bucket, String key, String content) {
    client.putObject(
        put -> put.bucket(bucket).key(key).ifNoneMatch("*"), RequestBody.fromString(content));
  }

  private static String get(S3Client client, String bucket, String key) {
    return client.getObjectAsBytes(get -> get.bucket(bucket).key(key)).asUtf8String();
  }

  private static S3Client client(EmbeddedS3 server, String secret) {
    return S3Client.builder()
        .endpointOverride(server.endpoint())
        .region(Region.of(server.region()))
        .forcePathStyle(true)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(server.accessKey(), secret)))
        .build();
  }
}
