package io.tidemark.daemon;

import io.tidemark.config.PosixSettings;
import io.tidemark.config.RepositorySettings;
import io.tidemark.config.RetrySettings;
import io.tidemark.config.S3Settings;
import io.tidemark.config.SecretFile;
import io.tidemark.store.Bandwidth;
import io.tidemark.store.LimitedStore;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.ObservedStore;
import io.tidemark.store.PosixStore;
import io.tidemark.store.RetryPolicy;
import io.tidemark.store.RetryingStore;
import io.tidemark.store.S3Checksums;
import io.tidemark.store.S3Credentials;
import io.tidemark.store.S3Encryption;
import io.tidemark.store.S3Endpoint;
import io.tidemark.store.S3Limits;
import io.tidemark.store.S3Store;
import io.tidemark.store.StoreObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** Stores as the configuration asks for them: the store itself, retries, bandwidth, observation. */
final class Stores {
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
  private static final Duration LONGEST_STALL = Duration.ofSeconds(15);

  private Stores() {}

  /** A store that is there. Nothing is asked of it yet. */
  static ObjectStore open(RepositorySettings settings, StoreObserver observer) {
    ObjectStore store =
        switch (settings.store()) {
          case PosixSettings posix -> PosixStore.open(posix(posix));
          case S3Settings s3 -> S3Store.open(s3(s3));
        };
    return decorate(store, settings, observer);
  }

  /** A store that may have to be made: a directory is, a bucket is not. */
  static ObjectStore create(RepositorySettings settings, StoreObserver observer) {
    return settings.store() instanceof PosixSettings posix
        ? decorate(PosixStore.create(posix(posix)), settings, observer)
        : open(settings, observer);
  }

  private static ObjectStore decorate(
      ObjectStore store, RepositorySettings settings, StoreObserver observer) {
    RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
    ObjectStore retrying = new RetryingStore(store, policy(settings.retry()), random, observer);
    OptionalLong limit = settings.bandwidthLimitBytesPerSecond();
    ObjectStore limited =
        limit.isEmpty()
            ? retrying
            : new LimitedStore(
                retrying, Bandwidth.unlimited(), Bandwidth.bytesPerSecond(limit.getAsLong()));
    return new ObservedStore(limited, observer);
  }

  private static RetryPolicy policy(RetrySettings retry) {
    return new RetryPolicy(retry.attempts(), FIRST_WAIT, LONGEST_WAIT, retry.total());
  }

  private static io.tidemark.store.PosixSettings posix(PosixSettings settings) {
    return io.tidemark.store.PosixSettings.of(settings.path());
  }

  private static io.tidemark.store.S3Settings s3(S3Settings settings) {
    return new io.tidemark.store.S3Settings(
        settings.bucket(),
        settings.prefix(),
        endpoint(settings),
        credentials(settings),
        encryption(settings),
        settings.storageClass().orElse(null),
        S3Checksums.valueOf(settings.checksums().name()),
        limits(settings));
  }

  private static S3Endpoint endpoint(S3Settings settings) {
    return new S3Endpoint(
        settings.region().orElse(settings.endpoint().isPresent() ? "us-east-1" : ""),
        settings.endpoint().orElse(null),
        settings.pathStyle(),
        settings.caFile().orElse(null));
  }

  private static S3Credentials credentials(S3Settings settings) {
    Optional<SecretFile> id = settings.accessKeyIdFile();
    Optional<SecretFile> secret = settings.secretAccessKeyFile();
    if (id.isPresent() && secret.isPresent()) {
      return new S3Credentials.KeyFiles(id.get().path(), secret.get().path());
    }
    return settings
        .profile()
        .<S3Credentials>map(S3Credentials.Profile::new)
        .orElseGet(S3Credentials.DefaultChain::new);
  }

  private static S3Encryption encryption(S3Settings settings) {
    return switch (settings.serverSideEncryption()) {
      case NONE -> new S3Encryption.BucketDefault();
      case SSE_S3 -> new S3Encryption.Aes256();
      case SSE_KMS -> new S3Encryption.Kms(settings.kmsKeyId().orElse(null));
    };
  }

  private static S3Limits limits(S3Settings settings) {
    Duration request = settings.requestTimeout();
    return new S3Limits(
        request,
        request.compareTo(LONGEST_STALL) < 0 ? request : LONGEST_STALL,
        settings.maxConnections());
  }
}
