package io.tidemark.testing;

import java.net.URI;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server over real HTTP on 127.0.0.1, inside this JVM: path-style buckets, signature V4,
 * conditional puts ({@code If-None-Match: *} answers 412 when the key exists), objects as files.
 * Clients use {@link #region}, {@link #accessKey} and {@link #secretKey}, and path style.
 */
public final class EmbeddedS3 implements AutoCloseable {
  private static final String ACCESS_KEY = "tidemark-test";
  private static final String SECRET_KEY = "tidemark-test-secret";
  private static final int ATTEMPTS = 5;

  private final @Nullable TemporaryDirectory temporary;
  private final BlobStore blobs;
  private final S3Proxy server;
  private final URI endpoint;

  private EmbeddedS3(Path directory, @Nullable TemporaryDirectory temporary) {
    this.temporary = temporary;
    this.blobs = new FilesystemNio2BlobStore(directory.toString());
    this.server = startOnFreePort(blobs);
    this.endpoint = URI.create("http://127.0.0.1:" + server.getPort());
  }

  /** Starts a server whose objects live in a temporary directory, gone at close. */
  public static EmbeddedS3 start() {
    TemporaryDirectory temporary = TemporaryDirectory.create("tidemark-s3-");
    return new EmbeddedS3(temporary.path(), temporary);
  }

  /** Starts a server on a directory that exists and stays: one that was stopped can go on so. */
  public static EmbeddedS3 start(Path directory) {
    return new EmbeddedS3(directory, null);
  }

  /** Makes a bucket (3 characters or more); nothing if there is one. Gives its name back. */
  public String bucket(String name) {
    if (!blobs.containerExists(name)) {
      blobs.createContainer(name);
    }
    return name;
  }

  /** For example {@code http://127.0.0.1:23456}. */
  public URI endpoint() {
    return endpoint;
  }

  public int port() {
    return endpoint.getPort();
  }

  public String accessKey() {
    return ACCESS_KEY;
  }

  public String secretKey() {
    return SECRET_KEY;
  }

  public String region() {
    return "us-east-1";
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the S3 server on " + endpoint + " does not stop", e);
    } finally {
      blobs.close();
      if (temporary != null) {
        temporary.close();
      }
    }
  }

  private static S3Proxy startOnFreePort(BlobStore blobs) {
    for (int attempt = 1; ; attempt++) {
      S3Proxy server =
          S3Proxy.builder()
              .blobStore(blobs)
              .endpoint(URI.create("http://127.0.0.1:" + FreePort.find()))
              .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
              .ignoreUnknownHeaders(true)
              .build();
      try {
        server.start();
        return server;
      } catch (Exception e) {
        if (attempt == ATTEMPTS) {
          throw new IllegalStateException("the S3 server does not start", e);
        }
      }
    }
  }
}
