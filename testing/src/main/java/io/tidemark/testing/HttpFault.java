package io.tidemark.testing;

import java.time.Duration;

/** What {@link HttpFaults} does to a request that it was told to spoil. */
public sealed interface HttpFault {
  /** An answer of that status from the proxy; the server never hears of the request. */
  record Status(int code) implements HttpFault {}

  /** The connection closes when the server has got half of the request's body, or the head only. */
  record DropRequest() implements HttpFault {}

  /** The server does the work and answers, the client only sees the connection close. */
  record DropResponse() implements HttpFault {}

  /** The request is swallowed, and no answer comes before {@link HttpFaults#clear} or the end. */
  record Hang() implements HttpFault {}

  /** The request reaches the server after this time. */
  record DelayRequest(Duration time) implements HttpFault {}

  /** The server does the work at once, its answer comes after this time. */
  record DelayResponse(Duration time) implements HttpFault {}

  /** The connection closes after so many bytes of the answer's body, whose length was promised. */
  record TruncateResponse(long keptBytes) implements HttpFault {}

  /** One bit of the answer's body is wrong, at this offset or at its last byte. */
  record CorruptResponse(long offset) implements HttpFault {}
}
