package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** The body of a get, which ends early only by an exception. Used by one thread at a time. */
final class S3InputStream extends VersionedStream {
  private final ResponseInputStream<GetObjectResponse> body;
  private final String key;
  private final long expected;
  private long seen;
  private boolean ended;

  S3InputStream(ResponseInputStream<GetObjectResponse> body, String key) {
    this.body = body;
    this.key = key;
    this.expected = body.response().contentLength();
  }

  @Override
  String version() {
    return body.response().eTag() + " " + body.response().lastModified();
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count = readBody(into, offset, length);
    if (count >= 0) {
      seen += count;
      return count;
    }
    ended = true;
    if (seen != expected) {
      throw failed(Kind.UNAVAILABLE, "ended after " + seen + " bytes, expected " + expected, null);
    }
    return -1;
  }

  private int readBody(byte[] into, int offset, int length) throws IOException {
    try {
      return body.read(into, offset, length);
    } catch (IOException e) {
      throw failed(Kind.UNAVAILABLE, "broke off after " + seen + " bytes: " + e.getMessage(), e);
    } catch (SdkException e) {
      // The SDK compares its checksum at the end of the body, and says so only in words.
      boolean checksum =
          String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("checksum");
      throw failed(
          checksum ? Kind.CORRUPT : Kind.UNAVAILABLE,
          "failed after " + seen + " bytes: " + e.getMessage(),
          e);
    }
  }

  private IOException failed(Kind kind, String how, @Nullable Exception e) {
    StoreException cause = new StoreException(kind, "The answer to get " + key + " " + how, "", e);
    return new IOException(cause.getMessage(), cause);
  }

  /** The rest of a large object is not read just to keep the connection. */
  @Override
  public void close() throws IOException {
    if (ended || seen == expected) {
      body.close();
    } else {
      body.abort();
    }
  }
}
