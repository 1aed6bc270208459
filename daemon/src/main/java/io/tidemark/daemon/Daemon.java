package io.tidemark.daemon;

import io.tidemark.config.ConfigException;
import io.tidemark.config.Configuration;
import io.tidemark.config.LogSettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ClockOffset;
import io.tidemark.replicamanager.HeartbeatView;
import io.tidemark.walarchiver.ArchiverStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: archives, backs up, observes and expires every cluster of a configuration, and tells
 * how it stands. Starting, reloading and closing are for one thread.
 */
final class Daemon implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration LONGEST_TICK = Duration.ofSeconds(30);

  /** systemd waits 60 s (TimeoutStopSec): a tail and a last report must go out before. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(45);

  private final SystemdNotifier systemd;
  private final Consumer<LogSettings> logging;
  private final DaemonLock lock;
  private final Services running = new Services();
  private final Replicas replicas = new Replicas(running);
  private final Schedules schedules = new Schedules();
  private final AnalyticsFeeds analytics = new AnalyticsFeeds(running, schedules);
  private final Metrics metrics = new Metrics(this::tell);
  private final StorePool stores = new StorePool(name -> new StoreMetrics(metrics, name));
  private final Semaphore backupRoom = new Semaphore(1);
  private final PushService push;
  private final AtomicBoolean reloadAsked = new AtomicBoolean();
  private volatile Map<String, ClusterServices> clusters = Map.of();
  private Map<String, ClusterPlan> plans = Map.of();
  private volatile Configuration configuration;
  private volatile boolean reloadWorked = true;
  private volatile @Nullable HttpService http;
  private boolean pushing;
  private long aliveAtNanos = System.nanoTime();

  private Daemon(
      Configuration configuration, SystemdNotifier systemd, Consumer<LogSettings> logging) {
    this.configuration = configuration;
    this.logging = logging;
    this.systemd = systemd;
    this.lock = DaemonLock.take(configuration.runDirectory());
    this.push = new PushService(configuration.runDirectory());
  }

  /**
   * Starts everything. Servers and stores need not be reachable yet.
   *
   * @param logging sets the log up anew, when a reload changes that
   * @throws TidemarkException SECRET_UNUSABLE, LOCAL_IO, LEASE_HELD
   */
  static Daemon start(
      Configuration configuration, SystemdNotifier systemd, Consumer<LogSettings> logging) {
    configuration.secrets().forEach(SecretFile::check);
    Daemon daemon = new Daemon(configuration, systemd, logging);
    try {
      daemon.begin();
      return daemon;
    } catch (RuntimeException e) {
      daemon.close();
      throw e;
    }
  }

  private void begin() {
    LOG.info(
        "Tidemark {} begins, process {}: clusters {} of {}",
        Version.text(),
        ProcessHandle.current().pid(),
        String.join(", ", configuration.clusters().keySet()),
        configuration.file());
    listen(Optional.empty(), configuration);
    apply(configuration);
    running.start(new Loop("tick", LONGEST_TICK, this::tick));
    systemd.ready();
  }

  /**
   * Waits until {@link #end}, doing reloads that are asked for meanwhile.
   *
   * @throws TidemarkException of the first service that ended for good
   */
  void await() throws InterruptedException {
    while (!running.await(TICK)) {
      if (reloadAsked.getAndSet(false)) {
        reload();
      }
    }
  }

  /** Lets {@link #await} return. For any thread. */
  void end() {
    running.endAll();
  }

  /** Lets {@link #await} reload. For any thread. */
  void askReload() {
    reloadAsked.set(true);
  }

  /** Reads the configuration again. One with problems is refused as a whole. */
  void reload() {
    systemd.reloading();
    try {
      Configuration next = Configuration.load(configuration.file());
      next.secrets().forEach(SecretFile::check);
      change(next);
      reloadWorked = true;
    } catch (ConfigException e) {
      reloadWorked = false;
      e.problems().forEach(problem -> LOG.error("{}", problem));
      LOG.error("the configuration has problems; the one before stays");
    } catch (TidemarkException e) {
      reloadWorked = false;
      LOG.error("the configuration was not applied as a whole: {}", e.explain());
    } finally {
      systemd.ready();
    }
  }

  private void change(Configuration next) {
    if (!next.runDirectory().equals(configuration.runDirectory())) {
      LOG.warn("run-directory stays {} until a restart", configuration.runDirectory());
    }
    if (!next.log().equals(configuration.log())) {
      logging.accept(next.log());
    }
    listen(Optional.of(configuration), next);
    apply(next);
    configuration = next;
  }

  private void apply(Configuration next) {
    Map<String, ClusterPlan> wanted = ClusterPlan.of(next);
    PlanChange replicated = replicas.stopChanged(ReplicaPlan.of(next, wanted));
    PlanChange change = apply(wanted);
    replicas.start(replicated, clusters);
    analytics.apply(next);
    LOG.info("clusters: stopped {}, started {}", change.stop(), change.start());
    if (!next.replicas().isEmpty() || !replicated.stop().isEmpty()) {
      LOG.info("replicas: stopped {}, started {}", replicated.stop(), replicated.start());
    }
  }

  private PlanChange apply(Map<String, ClusterPlan> wanted) {
    PlanChange change = PlanChange.between(plans, wanted);
    Map<String, ClusterServices> now = new LinkedHashMap<>(clusters);
    for (String name : change.stop()) {
      Optional.ofNullable(now.remove(name)).ifPresent(each -> stop(List.of(each), CLOSE_LIMIT));
    }
    for (String name : change.start()) {
      ClusterPlan plan = wanted.get(name);
      if (plan != null) {
        now.put(name, new ClusterServices(plan, stores, schedules, push, backupRoom));
      }
    }
    clusters = now;
    plans = wanted;
    startPush(now);
    now.forEach(
        (name, each) -> {
          if (change.start().contains(name)) {
            each.start(running);
          }
        });
    return change;
  }

  private void startPush(Map<String, ClusterServices> now) {
    if (!pushing && now.values().stream().anyMatch(each -> each.vitals().isPushing())) {
      pushing = true;
      running.start(push);
    }
  }

  private void stop(List<ClusterServices> some, Duration limit) {
    List<Thread> stopping =
        some.stream()
            .map(each -> Thread.ofVirtual().start(() -> each.stop(running, limit)))
            .toList();
    try {
      for (Thread thread : stopping) {
        thread.join(limit.plusSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    some.forEach(ClusterServices::close);
  }

  private void listen(Optional<Configuration> before, Configuration next) {
    if (before.isPresent() && before.get().http().equals(next.http())) {
      return;
    }
    HttpService old = http;
    http = null;
    if (old != null) {
      old.close();
    }
    next.http()
        .listen()
        .ifPresent(
            address -> {
              HttpService made =
                  new HttpService(
                      address,
                      new HttpService.Sources(
                          metrics, this::readiness, this::analyticsReports, running::stuck));
              LOG.info("serving http://{}:{}/", address.getHostString(), made.port());
              http = made;
            });
  }

  /** Where HTTP is served, if it is. */
  OptionalInt httpPort() {
    HttpService open = http;
    return open == null ? OptionalInt.empty() : OptionalInt.of(open.port());
  }

  /** Of every replica. */
  List<ReplicaVitals> replicaVitals() {
    return replicas.vitals();
  }

  /** Of every source of every pipeline. */
  List<AnalyticsReport> analyticsReports() {
    return analytics.services().stream().map(each -> each.engine().report()).toList();
  }

  Readiness readiness() {
    Map<String, Readiness.Facts> facts = new LinkedHashMap<>();
    clusters.forEach(
        (name, each) -> facts.put(name, Readiness.Facts.of(each.vitals(), push.serves(name))));
    return Readiness.of(facts);
  }

  private void tell(MetricSink to) {
    to.value(Metric.BUILD_INFO, 1, Version.text());
    to.flag(Metric.CONFIG_RELOAD_SUCCESS, reloadWorked);
    Readiness readiness = readiness();
    clusters.forEach(
        (name, each) -> {
          boolean ready = readiness.clusters().getOrDefault(name, List.of()).isEmpty();
          VitalMetrics.tell(each.vitals(), ready, to);
        });
    replicas.vitals().forEach(replica -> ReplicaMetrics.tell(replica, to));
    analytics
        .services()
        .forEach(service -> AnalyticsMetrics.tell(service, clockAhead(service), to));
    if (configuration.analytics().isPresent()) {
      AnalyticsMetrics.tell(analytics.seen(), to);
    }
    if (clusters.values().stream().anyMatch(each -> each.vitals().isPushing())) {
      VitalMetrics.tell(push.status(), to);
    }
  }

  /** By how much the clock of a source's primary is ahead, where its heartbeat measures that. */
  private Duration clockAhead(AnalyticsService service) {
    return Optional.ofNullable(clusters.get(service.plan().source().cluster()))
        .flatMap(cluster -> cluster.vitals().heartbeatView())
        .flatMap(HeartbeatView::offset)
        .map(ClockOffset::ahead)
        .orElse(Duration.ZERO);
  }

  private Duration tick() {
    long now = System.nanoTime();
    for (ClusterServices each : clusters.values()) {
      Vitals vitals = each.vitals();
      vitals
          .archiverStatus()
          .filter(status -> status.timeline().isPresent())
          .ifPresent(status -> sample(vitals, status, now));
    }
    systemd.aliveEvery().ifPresent(every -> sayAlive(now, every));
    systemd.status(summary());
    return TICK;
  }

  private static void sample(Vitals vitals, ArchiverStatus status, long now) {
    vitals.age.sample(now, vitals.serverEnd(status), status.durable());
  }

  private void sayAlive(long now, Duration every) {
    List<String> stuck = running.stuck();
    if (!stuck.isEmpty()) {
      LOG.error("no progress: {}; systemd will restart the daemon", String.join(", ", stuck));
    } else if (now - aliveAtNanos >= every.toNanos() - TICK.toNanos()) {
      aliveAtNanos = now;
      systemd.alive();
    }
  }

  private String summary() {
    Readiness readiness = readiness();
    String trouble =
        readiness.clusters().entrySet().stream()
            .filter(each -> !each.getValue().isEmpty())
            .map(each -> each.getKey() + ": " + each.getValue().getFirst())
            .reduce((first, second) -> first + "; " + second)
            .orElse("");
    return readiness.ready()
        ? "%d clusters, all archived".formatted(readiness.clusters().size())
        : trouble;
  }

  /** Ends everything within the limit of systemd's: archivers put and report what they have. */
  @Override
  public void close() {
    systemd.stopping();
    // First: they use the clusters' repositories.
    Duration left = CLOSE_LIMIT.minus(replicas.end()).minus(analytics.end());
    replicas.close();
    analytics.close();
    List<ClusterServices> all = List.copyOf(clusters.values());
    stop(all, left);
    running.closeAll(Duration.ofSeconds(2));
    schedules.close();
    HttpService open = http;
    if (open != null) {
      open.close();
    }
    lock.close();
    LOG.info("Tidemark ends");
  }
}
