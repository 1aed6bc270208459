package io.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A relay to a server that can fall silent, or hand on the bytes in dribs and drabs. */
final class Proxy implements AutoCloseable {
  private final HostPort server;
  private final ServerSocket listening;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean frozen;
  private volatile int dribbleBytes = Integer.MAX_VALUE;

  Proxy(HostPort server) throws IOException {
    this.server = server;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  HostPort address() {
    return new HostPort(listening.getInetAddress().getHostAddress(), listening.getLocalPort());
  }

  /** From now on what the server says is swallowed. */
  void freeze() {
    frozen = true;
  }

  /** From now on what the server says arrives in pieces of so many bytes, 3 ms apart. */
  void dribble(int bytes) {
    dribbleBytes = bytes;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket upstream = new Socket(InetAddress.getAllByName(server.host())[0], server.port());
        upstream.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        sockets.addAll(List.of(client, upstream));
        Thread.startVirtualThread(() -> relay(client, upstream, false));
        Thread.startVirtualThread(() -> relay(upstream, client, true));
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private void relay(Socket from, Socket to, boolean fromServer) {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!fromServer) {
          out.write(buffer, 0, read);
        } else if (!frozen) {
          writePieces(out, buffer, read);
        }
      }
    } catch (IOException | InterruptedException e) {
      // Either side has gone, and closing the streams tells the other.
    }
  }

  private void writePieces(OutputStream out, byte[] buffer, int length)
      throws IOException, InterruptedException {
    for (int at = 0; at < length; ) {
      int piece = Math.min(dribbleBytes, length - at);
      out.write(buffer, at, piece);
      at += piece;
      if (dribbleBytes != Integer.MAX_VALUE) {
        Thread.sleep(3);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
