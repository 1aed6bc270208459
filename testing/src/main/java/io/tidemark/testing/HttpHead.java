package io.tidemark.testing;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The first part of an HTTP/1.1 message (RFC 9112): start line and fields, as they were sent.
 *
 * @param lines without their line ends, at least one
 */
record HttpHead(List<String> lines) {
  private static final int LIMIT_BYTES = 64 * 1024;

  /** Reads to the empty line; empty when the stream ends before the first byte. */
  static Optional<HttpHead> read(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int next = in.read();
      if (next < 0) {
        if (bytes.size() == 0) {
          return Optional.empty();
        }
        throw new EOFException("message head ends after " + bytes.size() + " bytes");
      }
      bytes.write(next);
      matched = next == (matched % 2 == 0 ? '\r' : '\n') ? matched + 1 : next == '\r' ? 1 : 0;
      if (bytes.size() > LIMIT_BYTES) {
        throw new IOException("message head of more than " + LIMIT_BYTES + " bytes");
      }
    }
    String text = bytes.toString(StandardCharsets.ISO_8859_1);
    return Optional.of(new HttpHead(text.strip().lines().toList()));
  }

  String startLine() {
    return lines.getFirst();
  }

  /** Method of a request, or version of a response. */
  String word(int index) {
    return List.of(startLine().split(" ", 3)).get(index);
  }

  Optional<String> field(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return lines.stream()
        .skip(1)
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
        .map(line -> line.substring(start.length()).strip())
        .findFirst();
  }

  boolean has(String name, String value) {
    return field(name).map(found -> found.equalsIgnoreCase(value)).orElse(false);
  }

  boolean isChunked() {
    return has("Transfer-Encoding", "chunked");
  }

  /** Bytes of the body, or -1 where the head does not say. */
  long contentLength() {
    return field("Content-Length").map(Long::parseLong).orElse(-1L);
  }

  HttpHead without(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return new HttpHead(
        lines.stream().filter(line -> !line.toLowerCase(Locale.ROOT).startsWith(start)).toList());
  }

  byte[] bytes() {
    return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }
}
