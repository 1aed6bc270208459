package io.tidemark.testing;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** One request and its answer on the way through {@link HttpFaults}. */
final class HttpExchange {
  private final HttpHead request;
  private final InputStream fromClient;
  private final OutputStream toClient;
  private final InputStream fromServer;
  private final OutputStream toServer;
  private final CountDownLatch released;
  private boolean reusable;

  HttpExchange(
      HttpHead request,
      InputStream fromClient,
      OutputStream toClient,
      Socket server,
      CountDownLatch released)
      throws IOException {
    this.request = request;
    this.fromClient = fromClient;
    this.toClient = toClient;
    this.fromServer = new BufferedInputStream(server.getInputStream(), 1 << 16);
    this.toServer =
        new BufferedOutputStream(new UntilItIsRefused(server.getOutputStream()), 1 << 16);
    this.released = released;
    this.reusable = !request.has("Connection", "close");
  }

  /** Whether the client's connection can carry another request. */
  boolean run(Optional<HttpFault> fault) throws IOException, InterruptedException {
    if (request.has("Expect", "100-continue")) {
      toClient.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      toClient.flush();
    }
    if (fault.isEmpty()) {
      sendRequest();
      answer(toClient);
    } else {
      spoil(fault.get());
    }
    toClient.flush();
    return reusable;
  }

  private void spoil(HttpFault fault) throws IOException, InterruptedException {
    switch (fault) {
      case HttpFault.Status status -> refuse(status.code());
      case HttpFault.DropRequest() -> sendHalf();
      case HttpFault.DropResponse() -> {
        sendRequest();
        answer(OutputStream.nullOutputStream());
        reusable = false;
      }
      case HttpFault.Hang() -> {
        HttpBody.copyRequest(request, fromClient, OutputStream.nullOutputStream());
        released.await();
        reusable = false;
      }
      case HttpFault.DelayRequest(var time) -> {
        sleep(time.toNanos());
        sendRequest();
        answer(toClient);
      }
      case HttpFault.DelayResponse(var time) -> {
        sendRequest();
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        answer(held);
        sleep(time.toNanos());
        held.writeTo(toClient);
      }
      case HttpFault.TruncateResponse(var kept) -> {
        sendRequest();
        answerSpoiled(body -> truncate(body, kept));
        reusable = false;
      }
      case HttpFault.CorruptResponse(var offset) -> {
        sendRequest();
        answerSpoiled(body -> corrupt(body, offset));
      }
    }
  }

  /** Ends early when the faults are cleared. */
  private void sleep(long nanos) throws InterruptedException {
    if (released.await(nanos, TimeUnit.NANOSECONDS)) {
      reusable = false;
    }
  }

  private void sendRequest() throws IOException {
    // The proxy has invited the body already; a second invitation would be taken for the answer.
    toServer.write(request.without("Expect").bytes());
    HttpBody.copyRequest(request, fromClient, toServer);
    toServer.flush();
  }

  private void sendHalf() throws IOException {
    reusable = false;
    toServer.write(request.without("Expect").bytes());
    HttpBody.copy(fromClient, toServer, Math.max(0, request.contentLength()) / 2);
    toServer.flush();
  }

  private HttpHead answerHead() throws IOException {
    HttpHead head = HttpHead.read(fromServer).orElseThrow(EOFException::new);
    while (head.word(1).startsWith("1")) {
      head = HttpHead.read(fromServer).orElseThrow(EOFException::new);
    }
    return head;
  }

  private void answer(OutputStream out) throws IOException {
    HttpHead head = answerHead();
    out.write(head.bytes());
    HttpBody.copyResponse(head, isBodiless(head), fromServer, out);
    reusable &= HttpBody.isDelimited(head, isBodiless(head)) && !head.has("Connection", "close");
  }

  private static byte[] truncate(byte[] body, long kept) {
    return Arrays.copyOf(body, (int) Math.min(kept, Math.max(0, body.length - 1)));
  }

  private static byte[] corrupt(byte[] body, long offset) {
    if (body.length > 0) {
      body[(int) Math.min(offset, body.length - 1)] ^= 1;
    }
    return body;
  }

  private void answerSpoiled(UnaryOperator<byte[]> spoiler) throws IOException {
    HttpHead head = answerHead();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    HttpBody.copyResponse(head, isBodiless(head), fromServer, body);
    toClient.write(head.bytes());
    toClient.write(spoiler.apply(body.toByteArray()));
    reusable &= HttpBody.isDelimited(head, isBodiless(head)) && !head.has("Connection", "close");
  }

  private boolean isBodiless(HttpHead answer) {
    String status = answer.word(1);
    return request.word(0).equals("HEAD") || status.equals("204") || status.equals("304");
  }

  private void refuse(int code) throws IOException {
    HttpBody.copyRequest(request, fromClient, OutputStream.nullOutputStream());
    String body =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Error><Code>%s</Code><Message>as the test asked for</Message></Error>
        """
            .formatted(code == 503 ? "SlowDown" : code == 500 ? "InternalError" : "Refused");
    byte[] bytes =
        request.word(0).equals("HEAD") ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 %d As Asked\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
            .formatted(code, bytes.length);
    toClient.write(head.getBytes(StandardCharsets.US_ASCII));
    toClient.write(bytes);
  }

  /**
   * A server may answer and stop reading before the end of the body. The answer is still to be had,
   * and the client is still to be read to the end of what it sends.
   */
  private static final class UntilItIsRefused extends FilterOutputStream {
    private boolean refused;

    UntilItIsRefused(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      try {
        if (!refused) {
          out.write(bytes, offset, length);
        }
      } catch (IOException e) {
        refused = true;
      }
    }
  }
}
