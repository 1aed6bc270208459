package io.tidemark.testing;

import static io.tidemark.testing.HttpFaults.any;
import static io.tidemark.testing.HttpFaults.method;
import static io.tidemark.testing.HttpFaults.targetContains;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Through the real client to the real server, without any retry in between. */
final class HttpFaultsTest {
  private final byte[] content = new byte[3_000_000];
  private EmbeddedS3 server;
  private HttpFaults faults;
  private S3Client client;
  private S3Client direct;

  @BeforeEach
  void start() {
    new SplittableRandom(1).nextBytes(content);
    server = EmbeddedS3.start();
    server.bucket("bucket");
    faults = HttpFaults.before(server.endpoint());
    client = S3Clients.of(server, faults.endpoint(), Duration.ofSeconds(20));
    direct = S3Clients.of(server, server.endpoint(), Duration.ofSeconds(20));
  }

  @AfterEach
  void stop() {
    client.close();
    direct.close();
    faults.close();
    server.close();
  }

  @Test
  void passesEverythingUnchanged() {
    IntStream.range(0, 5).forEach(i -> put("key" + i));
    assertThat(get(client, "key3")).isEqualTo(content);
    assertThat(client.listObjectsV2(list -> list.bucket("bucket")).keyCount()).isEqualTo(5);
    assertThat(client.headObject(h -> h.bucket("bucket").key("key4")).contentLength())
        .isEqualTo(content.length);
    client.deleteObject(delete -> delete.bucket("bucket").key("key4"));
    assertThatThrownBy(() -> get(client, "key4")).isInstanceOf(S3Exception.class);
    assertThat(faults.requests()).hasSize(10);
    assertThat(faults.spoiled()).isEmpty();
  }

  @Test
  void answersForTheServerOnTheNthRequest() {
    faults.nth(2, method("PUT").and(targetContains("key")), new HttpFault.Status(503));
    put("key1");
    assertThatThrownBy(() -> put("key2"))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(503))
        .hasMessageContaining("as the test asked for");
    put("key3");
    assertThatThrownBy(() -> get(direct, "key2")).isInstanceOf(S3Exception.class);
    assertThat(faults.spoiled()).singleElement().extracting("request.method").isEqualTo("PUT");
  }

  @Test
  void dropsARequestBeforeTheServerHasIt() {
    faults.next(1, any(), new HttpFault.DropRequest());
    assertThatThrownBy(() -> put("key")).isInstanceOf(SdkClientException.class);
    assertThatThrownBy(() -> get(direct, "key")).isInstanceOf(S3Exception.class);
    put("key");
  }

  @Test
  void dropsAnAnswerAfterTheServerDidTheWork() {
    faults.next(1, any(), new HttpFault.DropResponse());
    assertThatThrownBy(() -> put("key")).isInstanceOf(SdkClientException.class);
    assertThat(get(direct, "key")).isEqualTo(content);
  }

  @Test
  void answersLate() {
    faults.always(any(), new HttpFault.DelayResponse(Duration.ofMinutes(5)));
    try (S3Client hasty = S3Clients.of(server, faults.endpoint(), Duration.ofSeconds(1))) {
      assertThatThrownBy(() -> hasty.putObject(p -> p.bucket("bucket").key("key"), body()))
          .isInstanceOf(SdkException.class);
    }
    assertThat(get(direct, "key")).isEqualTo(content);
  }

  @Test
  void hangsUntilCleared() {
    faults.always(any(), new HttpFault.Hang());
    try (S3Client hasty = S3Clients.of(server, faults.endpoint(), Duration.ofSeconds(1))) {
      assertThatThrownBy(() -> get(hasty, "key")).isInstanceOf(SdkException.class);
    }
    faults.clear();
    put("key");
    assertThat(get(client, "key")).isEqualTo(content);
  }

  @Test
  void truncatesAndCorruptsAnswers() {
    put("key");
    faults.nth(1, method("GET"), new HttpFault.TruncateResponse(1_000_000));
    faults.nth(2, method("GET"), new HttpFault.CorruptResponse(7));
    assertThatThrownBy(() -> get(client, "key")).isInstanceOf(SdkException.class);
    byte[] wrong = get(client, "key");
    assertThat(Arrays.mismatch(wrong, content)).isEqualTo(7);
    assertThat(get(client, "key")).isEqualTo(content);
  }

  @Test
  void spoilsTheSameRequestsForTheSameSeed() {
    for (int round = 0; round < 2; round++) {
      faults.randomly(42, 0.3, method("GET"), new HttpFault.Status(500), new HttpFault.Status(503));
      put("key");
      IntStream.range(0, 20).forEach(i -> ignoringFailure());
      faults.clear();
    }
    int half = faults.spoiled().size() / 2;
    assertThat(half).isBetween(1, 19);
    assertThat(faults.spoiled().subList(0, half))
        .isEqualTo(faults.spoiled().subList(half, faults.spoiled().size()));
  }

  private void ignoringFailure() {
    try {
      get(client, "key");
    } catch (S3Exception asked) {
      assertThat(asked.statusCode()).isIn(500, 503);
    }
  }

  private void put(String key) {
    client.putObject(put -> put.bucket("bucket").key(key), body());
  }

  private RequestBody body() {
    return RequestBody.fromBytes(content);
  }

  private static byte[] get(S3Client from, String key) {
    return from.getObjectAsBytes(get -> get.bucket("bucket").key(key)).asByteArray();
  }
}
