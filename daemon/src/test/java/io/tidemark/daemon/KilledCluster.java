package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.SegmentContent;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.Writer;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A cluster, and the processes beside it that archive it and back it up, which can be killed; with
 * an independent reader of what they have put.
 */
final class KilledCluster implements AutoCloseable {
  static final RepositoryOptions OPTIONS =
      new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"));

  private static final TimelineHistory ONE = TimelineHistory.root(new Timeline(1));
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final TestCluster server;
  private final Path directory;
  private final Path repository;
  private final Path configuration;
  private @Nullable Process archiver;
  private @Nullable Process backup;
  private Lsn first = Lsn.ZERO;
  private Lsn acknowledged = Lsn.ZERO;
  private Lsn compared = Lsn.ZERO;

  KilledCluster(TestCluster server, Path directory) throws IOException {
    this.server = server;
    this.directory = directory;
    this.repository = directory.resolve("repository");
    this.configuration = directory.resolve("tidemark.yaml");
    Files.writeString(configuration, yaml());
    PosixStore store = PosixStore.create(PosixSettings.of(repository));
    ClusterRepository.create(
            store, ArchivedCluster.NAME, ArchivedCluster.identity(server, OPTIONS), OPTIONS)
        .close();
    startArchiver();
    Awaitility.await().atMost(LIMIT).until(this::begun);
  }

  private String yaml() {
    return """
    log: {level: info}
    http: {listen: none}
    run-directory: %s
    state-directory: %s
    repositories:
      local: {type: posix, path: %s}
    clusters:
      shop:
        repository: local
        connection: {host: 127.0.0.1, port: %d, user: postgres, sslmode: disable}
        archive: {rpo: 200ms, status-interval: 100ms}
        backup: {schedule: none}
        retention: {schedule: none}
    """
        .formatted(directory.resolve("run"), directory.resolve("state"), repository, server.port());
  }

  /** Whether the first position is archived and acknowledged: from then on there must be no gap. */
  private boolean begun() {
    try (ClusterRepository reader = reader()) {
      Optional<WalInventory.TimelineInventory> one = reader.wal().inventory().of(ONE.timeline());
      if (one.isEmpty() || one.get().stretches().isEmpty()) {
        return false;
      }
      first = one.get().stretches().getFirst().from();
      compared = first;
      return reader.wal().inventory().reachableFrom(ONE, first).isAtLeast(slot());
    }
  }

  // Processes

  void startArchiver() {
    archiver = start("archive", "daemon");
  }

  void startBackup() {
    if (backup == null || !backup.isAlive()) {
      backup = start("backup", "backup", ArchivedCluster.NAME, "--checkpoint=fast");
    }
  }

  /** Waits until the backup has ended by itself; gives its exit code. */
  int awaitBackup() throws InterruptedException {
    Process running = Objects.requireNonNull(backup);
    assertThat(running.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return running.exitValue();
  }

  /** The program itself, in a process of its own. */
  private Process start(String what, String... arguments) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath));
    command.add(Tidemark.class.getName());
    command.addAll(List.of(arguments));
    command.addAll(List.of("--config", configuration.toString()));
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log(what).toFile()))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path log(String what) {
    return directory.resolve(what + ".log");
  }

  void killArchiver() {
    kill(archiver);
    forgetLease("archive");
  }

  /** True if there was one to kill. */
  boolean killBackup() {
    boolean alive = backup != null && backup.isAlive();
    kill(backup);
    forgetLease("backup");
    return alive;
  }

  private static void kill(@Nullable Process process) {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
  }

  /** Who held it is dead, and waiting for its end would take longer than all the rest. */
  private void forgetLease(String work) {
    Path leases = repository.resolve(ArchivedCluster.NAME).resolve("leases").resolve(work);
    if (!Files.isDirectory(leases)) {
      return;
    }
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    try (Stream<Path> files = Files.list(leases)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, longAgo);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // What must hold

  ClusterRepository reader() {
    return ClusterRepository.open(
        PosixStore.open(PosixSettings.of(repository)), ArchivedCluster.NAME, OPTIONS);
  }

  /** What the server knows to be archived. */
  Lsn slot() {
    String query = "SELECT coalesce(max(restart_lsn), '0/0') FROM pg_replication_slots";
    return Lsn.parse(server.value(query));
  }

  /** Takes down what has been acknowledged by now; it must stay true for ever. */
  Lsn noteAcknowledged() {
    acknowledged = Lsn.max(acknowledged, slot());
    return acknowledged;
  }

  void awaitAcknowledged(Lsn lsn) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () -> assertThat(slot()).as(() -> tail("archive")).isGreaterThanOrEqualTo(lsn));
  }

  private String tail(String what) {
    try {
      String text = Files.readString(log(what));
      return text.substring(Math.max(0, text.length() - 2000));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Reads anew from the repository what must be there; gives how far it goes. */
  Lsn check() throws IOException {
    try (ClusterRepository reader = reader()) {
      WalInventory inventory = reader.wal().inventory();
      assertThat(inventory.remarks()).isEmpty();
      assertThat(inventory.of(ONE.timeline()).orElseThrow().gaps()).noneMatch(WalGap::isOnRecord);
      Lsn reach = inventory.reachableFrom(ONE, first);
      assertThat(reach).isGreaterThanOrEqualTo(acknowledged);
      compareBytes(reader, reach);
      return reach;
    }
  }

  /** What is archived is what the server has, byte for byte. */
  private void compareBytes(ClusterRepository reader, Lsn reach) throws IOException {
    WalSegment segment =
        WalSegment.containing(ONE.timeline(), compared, reader.identity().walSegmentSize());
    for (; segment.start().isBefore(reach); segment = segment.next()) {
      Path file = server.data().resolve("pg_wal").resolve(segment.name());
      int length = (int) Math.min(segment.size().bytes(), reach.minus(segment.start()));
      ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(file), 0, length);
      ByteBuffer found =
          switch (reader.wal().read(segment)) {
            case SegmentContent.Whole(ByteBuffer raw) -> raw;
            case SegmentContent.Composed(ByteBuffer raw, Lsn _) -> raw;
            case SegmentContent.Absent() -> throw new AssertionError(segment + " is absent");
          };
      assertThat(found.slice(found.position(), length).mismatch(expected))
          .as("first difference in %s", segment)
          .isEqualTo(-1);
      compared = segment.start();
    }
  }

  @Override
  public void close() {
    kill(archiver);
    kill(backup);
  }
}
