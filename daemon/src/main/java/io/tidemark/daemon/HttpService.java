package io.tidemark.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves metrics and health, to be read only. Owns its threads until it is closed. */
final class HttpService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpService.class);
  private static final int THREADS = 2;
  private static final int WAITING = 16;
  private static final String TEXT = "text/plain; charset=utf-8";

  /** What is served. */
  record Sources(
      Metrics metrics,
      Supplier<Readiness> readiness,
      Supplier<List<AnalyticsReport>> analytics,
      Supplier<List<String>> stuck) {}

  /** An answer. */
  private record Answer(int status, String type, String body) {}

  /** Makes one. */
  @FunctionalInterface
  private interface Handler {
    Answer answer(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ThreadPoolExecutor executor;
  private final Sources sources;

  /**
   * Serves from now on.
   *
   * @throws TidemarkException LOCAL_IO where the address cannot be used
   */
  HttpService(InetSocketAddress listen, Sources sources) {
    this.sources = sources;
    limitExchanges();
    InetSocketAddress address = new InetSocketAddress(resolve(listen), listen.getPort());
    try {
      this.server = HttpServer.create(address, WAITING);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "cannot listen on %s: %s; expected a free port of this machine"
              .formatted(listen, e.getMessage()),
          "set http.listen to another, or to none",
          e);
    }
    this.executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("http-", 1).factory());
    executor.allowCoreThreadTimeOut(true);
    server.setExecutor(executor);
    handle("/", this::page);
    handle("/metrics", this::metrics);
    handle("/healthz", _ -> health());
    handle("/readyz", _ -> ready());
    handle("/analytics", _ -> analytics());
    server.start();
  }

  /**
   * The JDK's server reads these once, when its class is loaded; without them it waits for ever.
   */
  private static void limitExchanges() {
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "30");
    System.setProperty("jdk.httpserver.maxConnections", "64");
  }

  private static InetAddress resolve(InetSocketAddress listen) {
    try {
      return InetAddress.getByName(listen.getHostString());
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "http.listen: the host " + listen.getHostString() + " is not known",
          "name an address of this machine",
          e);
    }
  }

  /** The port in use, where 0 was asked for. */
  int port() {
    return server.getAddress().getPort();
  }

  private void handle(String path, Handler handler) {
    server.createContext(path, exchange -> serve(exchange, path, handler));
  }

  private static void serve(HttpExchange exchange, String path, Handler handler)
      throws IOException {
    try (exchange) {
      Answer answer = answer(exchange, path, handler);
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private static Answer answer(HttpExchange exchange, String path, Handler handler)
      throws IOException {
    if (!List.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return new Answer(405, TEXT, "only GET and HEAD\n");
    }
    if (!exchange.getRequestURI().getPath().equals(path)) {
      return new Answer(404, TEXT, "not here; see /\n");
    }
    try {
      return handler.answer(exchange);
    } catch (RuntimeException e) {
      LOG.error("{} failed by a defect", path, e);
      return new Answer(500, TEXT, "a defect; the log says more\n");
    }
  }

  private Answer page(HttpExchange exchange) {
    String page =
        """
        <!DOCTYPE html>
        <html lang="en"><head><title>Tidemark</title></head><body>
        <h1>Tidemark %s</h1>
        <ul>
        <li><a href="/readyz">/readyz</a>: is everything archived, and if not why</li>
        <li><a href="/healthz">/healthz</a>: does the daemon work</li>
        <li><a href="/analytics">/analytics</a>: how the sources of the analytics database stand</li>
        <li><a href="/metrics">/metrics</a>: for Prometheus</li>
        </ul></body></html>
        """
            .formatted(Version.text());
    return new Answer(200, "text/html; charset=utf-8", page);
  }

  private Answer metrics(HttpExchange exchange) throws IOException {
    StringWriter text = new StringWriter();
    String type = sources.metrics().write(text, exchange.getRequestHeaders().getFirst("Accept"));
    return new Answer(200, type, text.toString());
  }

  private Answer health() {
    List<String> stuck = sources.stuck().get();
    return stuck.isEmpty()
        ? new Answer(200, TEXT, "ok\n")
        : new Answer(503, TEXT, "no progress: " + String.join(", ", stuck) + "\n");
  }

  private Answer analytics() {
    return new Answer(
        200, "application/json", Json.text(Map.of("sources", sources.analytics().get())) + "\n");
  }

  private Answer ready() {
    Readiness readiness = sources.readiness().get();
    return new Answer(
        readiness.ready() ? 200 : 503, "application/json", Json.text(readiness) + "\n");
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
