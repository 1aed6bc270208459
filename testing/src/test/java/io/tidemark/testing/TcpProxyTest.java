package io.tidemark.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TcpProxyTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private ServerSocket echo;
  private TcpProxy proxy;

  @BeforeEach
  void start() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::serve);
    proxy = TcpProxy.to(echo.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
    threads.close();
  }

  @Test
  void passesBytesBothWaysAndTheEndOfTheStream() throws IOException {
    try (Socket client = client()) {
      client.getOutputStream().write("hello".getBytes(UTF_8));
      client.shutdownOutput();
      assertThat(new String(client.getInputStream().readAllBytes(), UTF_8)).isEqualTo("hello");
    }
    assertThat(proxy.forwardedBytes()).isEqualTo(10);
    assertThat(proxy.accepted()).isEqualTo(1);
  }

  @Test
  void cutsWhatIsConnectedAndServesNewConnections() throws IOException {
    try (Socket client = client()) {
      assertThat(echoOf(client, 1)).isEqualTo(1);
      proxy.cut();
      assertThatThrownBy(() -> echoOf(client, 2)).isInstanceOf(IOException.class);
    }
    try (Socket client = client()) {
      assertThat(echoOf(client, 3)).isEqualTo(3);
    }
  }

  @Test
  void refusesNewConnectionsAndServesOldOnes() throws IOException {
    try (Socket client = client()) {
      assertThat(echoOf(client, 1)).isEqualTo(1);
      proxy.refuse();
      assertThatThrownBy(this::client).isInstanceOf(IOException.class);
      assertThat(echoOf(client, 2)).isEqualTo(2);
      proxy.pass();
      try (Socket another = client()) {
        assertThat(echoOf(another, 3)).isEqualTo(3);
      }
    }
  }

  @Test
  void stallsAndLetsGoWithoutLosingAByte() throws IOException {
    try (Socket client = client()) {
      assertThat(echoOf(client, 1)).isEqualTo(1);
      proxy.stall();
      client.setSoTimeout(200);
      assertThatThrownBy(() -> echoOf(client, 2)).isInstanceOf(SocketTimeoutException.class);
      proxy.pass();
      client.setSoTimeout(5_000);
      assertThat(client.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void delaysAndLimits() throws IOException {
    try (Socket client = client()) {
      proxy.delay(Duration.ofMillis(100));
      assertThat(millisOfEcho(client, 1)).isGreaterThanOrEqualTo(200);
      proxy.pass();
      proxy.limit(10_000);
      assertThat(millisOfEcho(client, 2_000)).isGreaterThanOrEqualTo(200);
    }
  }

  private static long millisOfEcho(Socket client, int bytes) throws IOException {
    long start = System.nanoTime();
    client.getOutputStream().write(new byte[bytes]);
    assertThat(client.getInputStream().readNBytes(bytes)).hasSize(bytes);
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  private static int echoOf(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    int answer = client.getInputStream().read();
    if (answer < 0) {
      throw new IOException("connection closed");
    }
    return answer;
  }

  private Socket client() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        Socket socket = echo.accept();
        threads.execute(() -> echo(socket));
      } catch (IOException closed) {
        assertThat(echo.isClosed()).isTrue();
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException clientIsGone) {
      assertThat(clientIsGone).isNotNull();
    }
  }
}
