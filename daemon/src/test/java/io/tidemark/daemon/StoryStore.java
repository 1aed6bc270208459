package io.tidemark.daemon;

import io.tidemark.store.ObjectStore;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.store.RetryPolicy;
import io.tidemark.store.RetryingStore;
import io.tidemark.store.S3Credentials;
import io.tidemark.store.S3Endpoint;
import io.tidemark.store.S3Limits;
import io.tidemark.store.S3Settings;
import io.tidemark.store.S3Store;
import io.tidemark.store.StoreObserver;
import io.tidemark.testing.EmbeddedS3;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;

/** A store for one test, with what it needs to run. */
record StoryStore(ObjectStore store, Runnable stopServer) implements AutoCloseable {
  private static final String BUCKET = "story";

  static StoryStore posix(Path directory) {
    return new StoryStore(PosixStore.create(PosixSettings.of(directory)), () -> {});
  }

  static StoryStore s3() {
    EmbeddedS3 server = EmbeddedS3.start();
    server.bucket(BUCKET);
    return new StoryStore(s3(server, server.endpoint(), S3Limits.usual()), server::close);
  }

  /** A store on a bucket of that server, which is reached at another address. */
  static ObjectStore s3(EmbeddedS3 server, URI address, S3Limits limits) {
    S3Settings settings =
        S3Settings.of(
            server.bucket(BUCKET),
            "prefix",
            S3Endpoint.at(address, server.region()),
            new S3Credentials.Keys(server.accessKey(), server.secretKey(), null));
    return S3Store.open(settings.withLimits(limits));
  }

  /** With many quick retries, as the program has with slower ones. */
  static ObjectStore retrying(ObjectStore store, long seed) {
    RetryPolicy policy =
        new RetryPolicy(12, Duration.ofMillis(10), Duration.ofMillis(200), Duration.ofSeconds(30));
    SplittableRandom random = new SplittableRandom(seed);
    return new RetryingStore(
        store,
        policy,
        () -> {
          synchronized (random) {
            return random.nextLong();
          }
        },
        StoreObserver.none());
  }

  @Override
  public void close() {
    try {
      store.close();
    } finally {
      stopServer.run();
    }
  }
}
