package io.tidemark.testing;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * A proxy in front of an HTTP server that spoils the requests it is told to. Heads and bodies pass
 * byte for byte, the Host field too, so that signatures of S3 stay right. Every rule sees and
 * counts every request; the first rule that wants one has it.
 *
 * <pre>{@code
 * try (HttpFaults faults = HttpFaults.before(s3.endpoint())) {
 *   faults.nth(2, HttpFaults.method("PUT"), new HttpFault.DropResponse());
 *   client(faults.endpoint()).put(…);
 * }
 * }</pre>
 */
public final class HttpFaults implements AutoCloseable {
  /** What a rule sees of a request: {@code PUT}, {@code /bucket/key?x=y}. */
  public record Request(String method, String target) {}

  /** A request that was spoiled, and how. */
  public record Spoiled(Request request, HttpFault fault) {}

  private interface Rule {
    Optional<HttpFault> apply(Request request);
  }

  private final URI upstream;
  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  // Guarded by this object's monitor.
  private final List<Rule> rules = new ArrayList<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<Spoiled> spoiled = new ArrayList<>();
  private CountDownLatch released = new CountDownLatch(1);

  private HttpFaults(URI upstream) {
    this.upstream = upstream;
    try {
      this.listener = new ServerSocket();
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.find()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  /** Starts a proxy in front of {@code http://host:port}. */
  public static HttpFaults before(URI endpoint) {
    return new HttpFaults(endpoint);
  }

  /** Where clients go instead. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  public static Predicate<Request> method(String method) {
    return request -> request.method().equals(method);
  }

  public static Predicate<Request> targetContains(String part) {
    return request -> request.target().contains(part);
  }

  public static Predicate<Request> any() {
    return request -> true;
  }

  /** Every such request. */
  public void always(Predicate<Request> wanted, HttpFault fault) {
    add(request -> when(wanted.test(request), fault));
  }

  /** The nth such request from now on, counted from 1. */
  public void nth(int n, Predicate<Request> wanted, HttpFault fault) {
    int[] seen = {0};
    add(request -> when(wanted.test(request) && ++seen[0] == n, fault));
  }

  /** The next such requests, so many of them. */
  public void next(int count, Predicate<Request> wanted, HttpFault fault) {
    int[] seen = {0};
    add(request -> when(wanted.test(request) && ++seen[0] <= count, fault));
  }

  /** Such requests with this probability from 0 to 1, each time one of the faults. */
  public void randomly(
      long seed, double probability, Predicate<Request> wanted, HttpFault... faults) {
    SplittableRandom random = new SplittableRandom(seed);
    add(
        request ->
            when(
                wanted.test(request) && random.nextDouble() < probability,
                faults[random.nextInt(faults.length)]));
  }

  /** Forgets every rule and lets go of what hangs: those connections close. */
  public synchronized void clear() {
    rules.clear();
    released.countDown();
    released = new CountDownLatch(1);
  }

  /** Every request seen, spoiled or not, in order of arrival. */
  public synchronized List<Request> requests() {
    return List.copyOf(requests);
  }

  /** Every request spoiled, in order of arrival. */
  public synchronized List<Spoiled> spoiled() {
    return List.copyOf(spoiled);
  }

  @Override
  public void close() {
    clear();
    closeQuietly(listener);
    sockets.forEach(HttpFaults::closeQuietly);
    threads.shutdownNow();
    threads.close();
  }

  private synchronized void add(Rule rule) {
    rules.add(rule);
  }

  private static Optional<HttpFault> when(boolean due, HttpFault fault) {
    return due ? Optional.of(fault) : Optional.empty();
  }

  private synchronized Optional<HttpFault> faultOf(Request request) {
    requests.add(request);
    // Every rule is asked, so that each counts every request.
    List<HttpFault> due =
        rules.stream().map(rule -> rule.apply(request)).flatMap(Optional::stream).toList();
    Optional<HttpFault> fault = due.stream().findFirst();
    fault.ifPresent(found -> spoiled.add(new Spoiled(request, found)));
    return fault;
  }

  private synchronized CountDownLatch released() {
    return released;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        threads.execute(() -> serve(client));
      } catch (IOException listenerClosed) {
        closeQuietly(listener);
      }
    }
  }

  private void serve(Socket client) {
    sockets.add(client);
    try (client) {
      client.setTcpNoDelay(true);
      BufferedInputStream in = new BufferedInputStream(client.getInputStream(), 1 << 16);
      BufferedOutputStream out = new BufferedOutputStream(client.getOutputStream(), 1 << 16);
      for (var head = HttpHead.read(in); head.isPresent(); head = HttpHead.read(in)) {
        Request request = new Request(head.get().word(0), head.get().word(1));
        Optional<HttpFault> fault = faultOf(request);
        try (Socket server = connect()) {
          if (!new HttpExchange(head.get(), in, out, server, released()).run(fault)) {
            return;
          }
        }
      }
    } catch (IOException | InterruptedException e) {
      // Either side is gone: the other sees its connection close.
      assert e != null;
    } finally {
      sockets.remove(client);
    }
  }

  /** A connection per request: none can have gone stale. */
  private Socket connect() throws IOException {
    Socket server = new Socket(upstream.getHost(), upstream.getPort());
    server.setTcpNoDelay(true);
    return server;
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception nothingLeftToClose) {
      assert nothingLeftToClose != null;
    }
  }
}
