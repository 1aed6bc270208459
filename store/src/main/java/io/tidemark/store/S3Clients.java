package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Makes the SDK's client: no retries of its own (a retried put may meet the object that its first
 * try made, and only {@link RetryingStore} knows what that means), and a deadline on everything.
 */
final class S3Clients {
  private S3Clients() {}

  static S3Client open(S3Settings settings) {
    boolean always = settings.checksums() == S3Checksums.WHEN_SUPPORTED;
    Duration deadline = settings.limits().request();
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClient(http(settings))
            .credentialsProvider(S3Identity.provider(settings.credentials()))
            .forcePathStyle(settings.endpoint().pathStyle())
            .requestChecksumCalculation(
                always
                    ? RequestChecksumCalculation.WHEN_SUPPORTED
                    : RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(
                always
                    ? ResponseChecksumValidation.WHEN_SUPPORTED
                    : ResponseChecksumValidation.WHEN_REQUIRED)
            // Chunk framing is what some servers store as data; over https nothing needs it.
            .serviceConfiguration(service -> service.chunkedEncodingEnabled(always))
            .overrideConfiguration(
                override ->
                    override
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallAttemptTimeout(deadline)
                        .apiCallTimeout(deadline));
    if (!settings.endpoint().region().isEmpty()) {
      builder.region(Region.of(settings.endpoint().region()));
    }
    if (settings.endpoint().url() != null) {
      builder.endpointOverride(settings.endpoint().url());
    }
    return builder.build();
  }

  private static SdkHttpClient http(S3Settings settings) {
    S3Limits limits = settings.limits();
    Apache5HttpClient.Builder builder =
        Apache5HttpClient.builder()
            .maxConnections(limits.connections())
            .connectionTimeout(limits.stall())
            .connectionAcquisitionTimeout(limits.request())
            .socketTimeout(limits.stall())
            .tcpKeepAlive(true);
    Path ca = settings.endpoint().caFile();
    if (ca != null) {
      TrustManager[] trusted = trust(ca);
      builder.tlsTrustManagersProvider(() -> trusted);
    }
    return builder.build();
  }

  private static TrustManager[] trust(Path caFile) {
    try (InputStream in = Files.newInputStream(caFile)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + store.size(), each);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new StoreException(
          Kind.REFUSED,
          "Cannot take the certificates in " + caFile + ": " + e.getMessage(),
          "Expected one or more certificates in PEM form.",
          e);
    }
  }
}
