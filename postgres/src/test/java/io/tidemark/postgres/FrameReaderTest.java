package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.FrameReader.Frame;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
  @Test
  void aTimeoutInTheMiddleOfAMessageLosesNothing() throws IOException {
    long seed = System.nanoTime();
    System.out.println("FrameReaderTest seed " + seed);
    Random random = new Random(seed);
    List<byte[]> bodies = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      byte[] body = new byte[random.nextInt(8) == 0 ? random.nextInt(300_000) : random.nextInt(90)];
      random.nextBytes(body);
      bodies.add(body);
    }
    try (ServerSocket server = listen();
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket peer = server.accept()) {
      Thread.startVirtualThread(() -> write(peer, bodies, new Random(seed)));
      FrameReader reader = new FrameReader(client, FrameReader.PHYSICAL_MAX_BYTES);
      int timeouts = 0;
      for (byte[] body : bodies) {
        Frame frame = reader.next(Duration.ofMillis(1));
        while (frame == null) {
          timeouts++;
          frame = reader.next(Duration.ofMillis(1));
        }
        assertThat(frame.type()).isEqualTo((char) ('a' + body.length % 26));
        assertThat(frame.body()).isEqualTo(ByteBuffer.wrap(body));
      }
      assertThat(timeouts).isPositive();
      assertThatThrownBy(() -> reader.next(Duration.ofSeconds(5))).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void refusesALengthThatNoMessageHas() throws IOException {
    try (ServerSocket server = listen();
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket peer = server.accept()) {
      peer.getOutputStream().write(new byte[] {'d', 0x7F, 0, 0, 0});
      assertThatThrownBy(
              () ->
                  new FrameReader(client, FrameReader.PHYSICAL_MAX_BYTES)
                      .next(Duration.ofSeconds(5)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("none of PostgreSQL's");
    }
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private static void write(Socket peer, List<byte[]> bodies, Random random) {
    try (OutputStream out = peer.getOutputStream()) {
      for (byte[] body : bodies) {
        ByteBuffer message = ByteBuffer.allocate(5 + body.length);
        message.put((byte) ('a' + body.length % 26)).putInt(4 + body.length).put(body);
        for (int at = 0; at < message.capacity(); ) {
          int most = random.nextBoolean() ? 3 : 80_000;
          int piece = Math.min(1 + random.nextInt(most), message.capacity() - at);
          out.write(message.array(), at, piece);
          at += piece;
          if (random.nextInt(20) == 0) {
            LockSupport.parkNanos(3_000_000);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
