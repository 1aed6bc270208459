package io.tidemark.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;

/**
 * Ports of 127.0.0.1 below the range from which the kernel serves outgoing connections, so that a
 * server that is stopped for a while finds its port free again.
 */
public final class FreePort {
  private static final int FIRST = 18_000;
  private static final int LAST = 32_000;
  private static final int ATTEMPTS = 1_000;

  private FreePort() {}

  /** A port that nobody listens on now. */
  public static int find() {
    RandomGenerator random = RandomGenerator.getDefault();
    for (int i = 0; i < ATTEMPTS; i++) {
      int port = random.nextInt(FIRST, LAST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
