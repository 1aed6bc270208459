package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.store.S3Credentials;
import io.tidemark.store.S3Endpoint;
import io.tidemark.store.S3Settings;
import io.tidemark.store.S3Store;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * An archiver in a process of its own, into S3, until its input ends. Arguments: port of the
 * server, spool directory, {@code repository} or {@code local}, URL of the S3 server, region,
 * access key, secret key, bucket.
 */
final class ArchiverProcess {
  private ArchiverProcess() {}

  static S3Settings s3(String url, String region, String key, String secret, String bucket) {
    return S3Settings.of(
        bucket,
        "",
        S3Endpoint.at(URI.create(url), region),
        new S3Credentials.Keys(key, secret, null));
  }

  static RepositoryOptions options() {
    return new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0"));
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    try (S3Store store = S3Store.open(s3(args[3], args[4], args[5], args[6], args[7]));
        ClusterRepository repository = ClusterRepository.open(store, Archiving.CLUSTER, options());
        WalArchiver archiver =
            new WalArchiver(
                Archiving.settings(
                    args[2].equals("local") ? Ack.LOCAL : Ack.REPOSITORY, WalRemoved.GAP, 64 << 20),
                Archiving.endpoint(Integer.parseInt(args[0])),
                repository,
                Path.of(args[1]),
                new ArchiverLog(Archiving.CLUSTER))) {
      Thread running = Thread.ofPlatform().name("archiver").start(archiver::run);
      while (System.in.read() >= 0) {}
      archiver.close(Duration.ofSeconds(10));
      running.join(Duration.ofSeconds(10));
    }
  }
}
