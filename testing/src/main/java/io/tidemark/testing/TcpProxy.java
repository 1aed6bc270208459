package io.tidemark.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A network between a client and a server of this host that fails on demand. It listens on a port
 * of its own on 127.0.0.1 and passes bytes both ways, until told otherwise; what it is told counts
 * for connections that exist as well as for new ones. One virtual thread accepts, two pump per
 * connection. Closing it cuts everything.
 */
public final class TcpProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final InetSocketAddress target;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong forwardedBytes = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final int port;

  // All guarded by the lock.
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private boolean stalled;
  private boolean closed;
  private Duration delay = Duration.ZERO;
  private long bytesPerSecond = Long.MAX_VALUE;

  private TcpProxy(InetSocketAddress target) {
    this.target = target;
    this.port = FreePort.find();
    listen();
  }

  /** Starts a proxy in front of a port of 127.0.0.1. */
  public static TcpProxy to(int port) {
    return new TcpProxy(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** The port of 127.0.0.1 that clients use instead of the server's. */
  public int port() {
    return port;
  }

  /** Everything works again: listens, forwards, no delay, no limit. */
  public void pass() {
    listen();
    change(
        () -> {
          stalled = false;
          delay = Duration.ZERO;
          bytesPerSecond = Long.MAX_VALUE;
        });
  }

  /** Resets every connection that exists; new ones are served. */
  public void cut() {
    sockets.forEach(TcpProxy::reset);
  }

  /** New connections are refused from when it returns on, those that exist go on. */
  public void refuse() {
    ServerSocket former;
    Thread accepting;
    lock.lock();
    try {
      former = listener;
      accepting = acceptor;
      listener = null;
      acceptor = null;
    } finally {
      lock.unlock();
    }
    if (former != null && accepting != null) {
      closeQuietly(former);
      // The port is open until the thread that accepts has let go of it.
      join(accepting);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Refuses and cuts: as if the server's host were gone, but answering so. */
  public void down() {
    refuse();
    cut();
  }

  /** Connections are accepted and stay, but no byte moves: as if a firewall dropped everything. */
  public void stall() {
    change(() -> stalled = true);
  }

  /** Every piece that is read (64 KiB at most) waits this long before it is passed on. */
  public void delay(Duration time) {
    change(() -> delay = time);
  }

  /** Each direction of each connection passes at most so many bytes in a second. */
  public void limit(long newBytesPerSecond) {
    change(() -> bytesPerSecond = newBytesPerSecond);
  }

  /** Bytes passed on in both directions since the start. */
  public long forwardedBytes() {
    return forwardedBytes.get();
  }

  /** Connections accepted since the start. */
  public long accepted() {
    return accepted.get();
  }

  @Override
  public void close() {
    change(() -> closed = true);
    down();
    threads.shutdownNow();
    threads.close();
  }

  private void listen() {
    lock.lock();
    try {
      if (listener == null && !closed) {
        ServerSocket socket = new ServerSocket();
        listener = socket;
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        acceptor = Thread.ofVirtual().start(() -> accept(socket));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    } finally {
      lock.unlock();
    }
  }

  private void accept(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        accepted.incrementAndGet();
        connect(client);
      } catch (IOException listenerClosed) {
        closeQuietly(socket);
      }
    }
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    sockets.add(client);
    sockets.add(server);
    try {
      server.connect(target);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      threads.execute(() -> pump(client, server));
      threads.execute(() -> pump(server, client));
    } catch (IOException serverIsAway) {
      end(client, server);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      awaitPassage();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        awaitPassage();
        pace(n);
        out.write(buffer, 0, n);
        forwardedBytes.addAndGet(n);
        awaitPassage();
      }
      to.shutdownOutput();
      if (from.isOutputShutdown()) {
        end(from, to);
      }
    } catch (IOException | InterruptedException broken) {
      end(from, to);
    }
  }

  private void awaitPassage() throws InterruptedException {
    lock.lock();
    try {
      while (stalled && !closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void pace(int bytes) throws InterruptedException {
    long start = System.nanoTime();
    lock.lock();
    try {
      // Computed anew after each change: pass() frees what waits.
      for (long left = pause(bytes); left > 0 && !closed; ) {
        changed.awaitNanos(left);
        left = pause(bytes) - (System.nanoTime() - start);
      }
    } finally {
      lock.unlock();
    }
  }

  private long pause(int bytes) {
    return delay.toNanos() + (long) ((double) bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end(Socket one, Socket other) {
    closeQuietly(one);
    closeQuietly(other);
    sockets.remove(one);
    sockets.remove(other);
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (SocketException alreadyClosed) {
      assert socket.isClosed();
    }
    closeQuietly(socket);
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception nothingLeftToClose) {
      assert nothingLeftToClose != null;
    }
  }
}
