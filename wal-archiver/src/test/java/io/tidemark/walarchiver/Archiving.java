package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.Method;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.SegmentContent;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.repository.Writer;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectStore;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An archiver of a real cluster into a store in memory that fails on demand, with an auditor beside
 * it. It can be stopped and started again, as a process would be.
 */
final class Archiving implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);
  static final String CLUSTER = "c";

  final FaultyStore store;
  final ClusterRepository repository;

  /** Reads past all faults. */
  final ClusterRepository reader;

  final AckAuditor auditor;
  final List<ArchiverEvent> events = new CopyOnWriteArrayList<>();
  private final Path spool;
  private PostgresEndpoint endpoint;
  private ArchiveSettings settings = settings(Ack.REPOSITORY, WalRemoved.GAP);
  private @Nullable WalArchiver archiver;
  private @Nullable Thread thread;
  private volatile @Nullable RuntimeException died;

  Archiving(TestCluster cluster, Path spool) {
    this(cluster, spool, new MemoryStore());
  }

  Archiving(TestCluster cluster, Path spool, ObjectStore under) {
    this.spool = spool;
    this.endpoint = endpoint(cluster.port());
    this.store = new FaultyStore(under);
    RepositoryOptions options =
        new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0"));
    this.reader = ClusterRepository.create(under, CLUSTER, identity(endpoint), options);
    this.repository = ClusterRepository.open(store, CLUSTER, options);
    this.auditor = new AckAuditor(reader);
  }

  /** A cluster with small segments that keeps its WAL for the comparison. */
  static TestClusterBuilder cluster(int major) {
    return cluster(PostgresBinaries.of(major));
  }

  static TestClusterBuilder cluster(PostgresBinaries binaries) {
    return TestCluster.builder(binaries)
        .walSegmentMegabytes(1)
        .fsync(false)
        .setting("wal_keep_size", "1GB")
        .setting("max_wal_size", "1GB")
        .setting("autovacuum", "off");
  }

  static ArchiveSettings settings(Ack ack, WalRemoved removed) {
    return settings(ack, removed, 16 << 20);
  }

  static ArchiveSettings settings(Ack ack, WalRemoved removed, long bufferBytes) {
    return new ArchiveSettings(
        true,
        Method.STREAM,
        Duration.ofMillis(100),
        "tidemark_c",
        "tidemark_c",
        ack,
        bufferBytes,
        64 << 20,
        4,
        Duration.ofMillis(100),
        removed);
  }

  static PostgresEndpoint endpoint(int port) {
    return PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", "postgres")
        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10));
  }

  static ClusterIdentity identity(PostgresEndpoint endpoint) {
    try (ReplicationConnection connection = ReplicationConnection.open(endpoint)) {
      int major = Integer.parseInt(connection.show("server_version_num")) / 10_000;
      WalSegmentSize size = ServerProbe.segmentSize(connection.show("wal_segment_size"));
      return new ClusterIdentity(
          connection.identity().systemId(), major, size, false, Instant.now());
    }
  }

  Archiving with(ArchiveSettings other) {
    settings = other;
    return this;
  }

  /** From the next start on. */
  Archiving to(PostgresEndpoint other) {
    endpoint = other;
    return this;
  }

  Archiving start() {
    WalArchiver next =
        new WalArchiver(
            settings,
            endpoint,
            repository,
            spool,
            auditor.and(events::add).and(new ArchiverLog(CLUSTER)));
    archiver = next;
    died = null;
    thread =
        Thread.ofPlatform()
            .name("archiver")
            .start(
                () -> {
                  try {
                    next.run();
                  } catch (RuntimeException e) {
                    died = e;
                  }
                });
    return this;
  }

  ArchiverStatus status() {
    return archiver().status();
  }

  /** What made it end for good. */
  RuntimeException awaitDeath() throws InterruptedException {
    assertThat(Objects.requireNonNull(thread).join(LIMIT)).isTrue();
    return Objects.requireNonNull(died);
  }

  /** Ends it within the limit; with zero nothing is put or reported any more. */
  void stop(Duration limit) {
    archiver().close(limit);
    archiver = null;
    assertThat(died).isNull();
  }

  void awaitDurable(Lsn lsn) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(status().durable()).isGreaterThanOrEqualTo(lsn));
  }

  <E extends ArchiverEvent> List<E> events(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <E extends ArchiverEvent> E awaitEvent(Class<E> type) {
    await().atMost(LIMIT).until(() -> !events(type).isEmpty());
    return events(type).getLast();
  }

  void awaitEither(Class<? extends ArchiverEvent> one, Class<? extends ArchiverEvent> other) {
    await().atMost(LIMIT).until(() -> !events(one).isEmpty() || !events(other).isEmpty());
  }

  /** No acknowledgement ever ran ahead, and there were some. */
  void assertTruthful() {
    assertThat(auditor.lies()).isEmpty();
    assertThat(auditor.audits()).isPositive();
  }

  /** Every byte from {@code from} to {@code to} is archived as the server has it in pg_wal. */
  void assertSameAs(TestCluster cluster, Timeline timeline, Lsn from, Lsn to) throws IOException {
    WalSegmentSize size = repository.identity().walSegmentSize();
    WalSegment segment = WalSegment.containing(timeline, from, size);
    for (; segment.start().isBefore(to); segment = segment.next()) {
      Path file = cluster.data().resolve("pg_wal").resolve(segment.name());
      int length = (int) Math.min(size.bytes(), to.minus(segment.start()));
      ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(file), 0, length);
      ByteBuffer found =
          switch (reader.wal().read(segment)) {
            case SegmentContent.Whole(ByteBuffer raw) -> raw;
            case SegmentContent.Composed(ByteBuffer raw, Lsn end) -> raw;
            case SegmentContent.Absent() -> throw new AssertionError(segment + " is not archived");
          };
      assertThat(found.slice(found.position(), length).mismatch(expected))
          .as("first difference in %s", segment)
          .isEqualTo(-1);
    }
  }

  /** Where the archive of {@code timeline} ends, as an independent reader finds it. */
  Lsn frontier(Timeline timeline) {
    return reader
        .wal()
        .inventory()
        .of(timeline)
        .flatMap(TimelineInventory::frontier)
        .orElse(Lsn.ZERO);
  }

  /** Everything up to {@code lsn} is in the repository, without a hole. */
  void awaitArchived(Timeline timeline, Lsn lsn) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(reader.wal().inventory().of(timeline).orElseThrow().gaps()).isEmpty();
              assertThat(frontier(timeline)).isGreaterThanOrEqualTo(lsn);
            });
  }

  static Lsn flushed(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT pg_current_wal_flush_lsn()"));
  }

  /** So many megabytes of WAL, and where they end. */
  static Lsn write(TestCluster cluster, int megabytes) {
    cluster.sql(
        "CREATE TABLE IF NOT EXISTS filler (id bigserial, text text)",
        "ALTER TABLE filler ALTER text SET STORAGE PLAIN",
        "INSERT INTO filler (text) SELECT repeat(md5(i::text), 30) FROM generate_series(1, %d) i"
            .formatted(megabytes * 900));
    return flushed(cluster);
  }

  private WalArchiver archiver() {
    return Objects.requireNonNull(archiver);
  }

  @Override
  public void close() {
    store.clear();
    if (archiver != null) {
      archiver.close(Duration.ofSeconds(5));
    }
  }
}
