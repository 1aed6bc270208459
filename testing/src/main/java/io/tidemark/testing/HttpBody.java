package io.tidemark.testing;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Moves the body of one HTTP/1.1 message from stream to stream, byte for byte as it came. */
final class HttpBody {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int LINE_LIMIT = 8 * 1024;

  private HttpBody() {}

  /** A request has a body only when its head says so. */
  static void copyRequest(HttpHead head, InputStream in, OutputStream out) throws IOException {
    if (head.isChunked()) {
      copyChunks(in, out);
    } else {
      copy(in, out, Math.max(0, head.contentLength()));
    }
  }

  /** Whether the end of the response's body is told by its head and not by the connection. */
  static boolean isDelimited(HttpHead head, boolean bodiless) {
    return bodiless || head.isChunked() || head.contentLength() >= 0;
  }

  static void copyResponse(HttpHead head, boolean bodiless, InputStream in, OutputStream out)
      throws IOException {
    if (bodiless) {
      return;
    }
    if (head.isChunked()) {
      copyChunks(in, out);
    } else if (head.contentLength() >= 0) {
      copy(in, out, head.contentLength());
    } else {
      in.transferTo(out);
    }
  }

  static void copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, Math.max(1, length))];
    for (long left = length; left > 0; ) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        throw new EOFException("body ends " + left + " bytes early");
      }
      out.write(buffer, 0, n);
      left -= n;
    }
  }

  /** RFC 9112, 7.1: size line and data until a size of 0, then trailers until an empty line. */
  private static void copyChunks(InputStream in, OutputStream out) throws IOException {
    for (long size = copySize(in, out); size > 0; size = copySize(in, out)) {
      copy(in, out, size + 2);
    }
    String trailer = copyLine(in, out);
    while (!trailer.isEmpty()) {
      trailer = copyLine(in, out);
    }
  }

  private static long copySize(InputStream in, OutputStream out) throws IOException {
    String line = copyLine(in, out);
    int end = line.indexOf(';');
    return Long.parseLong(end < 0 ? line : line.substring(0, end), 16);
  }

  private static String copyLine(InputStream in, OutputStream out) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || line.size() > LINE_LIMIT) {
        throw new EOFException("chunked body ends within a line");
      }
      line.write(next);
    }
    line.write('\n');
    out.write(line.toByteArray());
    return line.toString(StandardCharsets.ISO_8859_1).strip();
  }
}
