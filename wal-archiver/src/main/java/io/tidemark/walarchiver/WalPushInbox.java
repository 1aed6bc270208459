package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's side of {@code archive_command = 'tidemark wal-push %p'}: serves the requests that
 * the launcher writes into {@code <run-directory>/wal-push/requests}. The launcher's first lines
 * and docs/OPERATIONS.md are the protocol.
 *
 * <p>{@link #run} belongs to one thread; a bounded number of virtual threads serve.
 */
public final class WalPushInbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WalPushInbox.class);

  private static final Duration ALIVE_EVERY = Duration.ofSeconds(5);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final Duration ANSWERS_STAY = Duration.ofHours(1);
  private static final String REQUEST = ".request";
  private static final int LARGEST_REQUEST_BYTES = 16 << 10;

  /** PostgreSQL's user and the daemon's share a group. */
  private static final Set<PosixFilePermission> SHARED =
      PosixFilePermissions.fromString("rwxrwx---");

  private final Path alive;
  private final Path requests;
  private final Path answers;
  private final Map<String, PushTarget> targets;
  private final Map<String, PushedWal> wal;
  private final Semaphore room;
  private final int parallel;
  private final Set<Path> serving = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicReference<PushStatus> status =
      new AtomicReference<>(new PushStatus(0, 0, Optional.empty(), Optional.empty()));
  private volatile long turnedAtNanos = System.nanoTime();
  private long aliveAtNanos = System.nanoTime() - ALIVE_EVERY.toNanos();

  /**
   * Makes the directories.
   *
   * @param runDirectory the configuration's {@code run-directory}
   * @param parallel files at once, of all clusters together; each takes memory of one segment
   */
  public WalPushInbox(Path runDirectory, List<PushTarget> targets, int parallel) {
    Path own = runDirectory.resolve("wal-push");
    this.alive = own.resolve("alive");
    this.requests = own.resolve("requests");
    this.answers = own.resolve("answers");
    this.targets =
        targets.stream().collect(Collectors.toMap(PushTarget::cluster, Function.identity()));
    this.wal = targets.stream().collect(Collectors.toMap(PushTarget::cluster, PushedWal::new));
    this.room = new Semaphore(parallel);
    this.parallel = parallel;
    try {
      DurableFiles.createDirectories(requests, SHARED);
      DurableFiles.createDirectories(answers, SHARED);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Serves until {@link #close}, on the calling thread. */
  public void run() {
    try (WatchService watch = requests.getFileSystem().newWatchService()) {
      requests.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
      while (closing.getCount() > 0) {
        step();
        WatchKey changed = watch.poll(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        if (changed != null) {
          changed.pollEvents();
          changed.reset();
        }
      }
    } catch (IOException e) {
      throw unusable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    awaitServed();
  }

  /** Says that it is alive, begins to serve what is new, and tidies up. */
  void step() throws IOException {
    turnedAtNanos = System.nanoTime();
    sayAlive();
    try (DirectoryStream<Path> waiting = Files.newDirectoryStream(requests, "[!.]*" + REQUEST)) {
      for (Path request : waiting) {
        begin(request);
      }
    }
  }

  /** Whether {@link #run} has not come round for so long, although each turn takes little time. */
  public boolean isStuck(Duration limit) {
    return closing.getCount() > 0 && System.nanoTime() - turnedAtNanos > limit.toNanos();
  }

  /** What was served. */
  public PushStatus status() {
    return status.get();
  }

  /** Ends {@link #run}; what is being served is finished first, for 20 seconds at most. */
  @Override
  public void close() {
    closing.countDown();
    awaitServed();
  }

  private void awaitServed() {
    try {
      if (room.tryAcquire(parallel, 20, TimeUnit.SECONDS)) {
        room.release(parallel);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void begin(Path request) {
    // Without room it waits in its directory.
    if (serving.contains(request) || !room.tryAcquire()) {
      return;
    }
    serving.add(request);
    Thread.ofVirtual()
        .name("wal-push-" + request.getFileName())
        .start(
            () -> {
              try {
                serve(request);
              } catch (IOException e) {
                LOG.error("wal-push request {} could not be answered: {}", request, e.toString());
              } finally {
                serving.remove(request);
                room.release();
              }
            });
  }

  private void serve(Path request) throws IOException {
    Optional<String> failure;
    try {
      PushRequest asked = read(request);
      if (asked.deadline().isBefore(Instant.now())) {
        Files.deleteIfExists(request);
        return;
      }
      wal(asked).put(asked.path());
      failure = Optional.empty();
    } catch (NoSuchFileException e) {
      if (!Files.exists(request)) {
        // Whoever asked has given up.
        return;
      }
      failure = Optional.of("there is no file " + e.getFile());
    } catch (IOException | IllegalArgumentException e) {
      failure = Optional.of(e.toString());
    } catch (TidemarkException e) {
      failure = Optional.of(e.explain());
    }
    answer(request, failure);
  }

  private void answer(Path request, Optional<String> failure) throws IOException {
    count(request, failure);
    String name = request.getFileName().toString();
    String base = name.substring(0, name.length() - REQUEST.length());
    Path draft = answers.resolve("." + base + ".draft");
    Files.writeString(draft, failure.map(text -> "failed\n" + text + "\n").orElse("ok\n"));
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(draft, answers.resolve(base + ".answer"), StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(request);
  }

  private void count(Path request, Optional<String> failure) {
    failure.ifPresent(text -> LOG.warn("wal-push {}: {}", request.getFileName(), text));
    status.updateAndGet(
        before ->
            failure.isPresent()
                ? new PushStatus(
                    before.archived(), before.failed() + 1, before.lastArchived(), failure)
                : new PushStatus(
                    before.archived() + 1,
                    before.failed(),
                    Optional.of(Instant.now()),
                    Optional.empty()));
  }

  private static PushRequest read(Path request) throws IOException {
    if (Files.size(request) > LARGEST_REQUEST_BYTES) {
      throw new IllegalArgumentException("the request has more than 16 KiB");
    }
    return PushRequest.parse(Files.readAllLines(request));
  }

  private PushedWal wal(PushRequest asked) throws IOException {
    for (PushTarget target : targets.values()) {
      boolean named = asked.cluster().isEmpty() || asked.cluster().equals(target.cluster());
      if (named && target.dataDirectory().toRealPath().equals(asked.dataDirectory())) {
        PushedWal found = wal.get(target.cluster());
        if (found != null) {
          return found;
        }
      }
    }
    throw new TidemarkException(
        ErrorCode.DIRECTORY_REFUSED,
        "no cluster%s with method push has the data directory %s; there are %s"
            .formatted(
                asked.cluster().isEmpty() ? "" : " named " + asked.cluster(),
                asked.dataDirectory(),
                targets.values().stream()
                    .map(target -> target.cluster() + " in " + target.dataDirectory())
                    .sorted()
                    .toList()),
        "Compare with the configuration: archive.method and data-directory");
  }

  private void sayAlive() throws IOException {
    long now = System.nanoTime();
    if (now - aliveAtNanos < ALIVE_EVERY.toNanos()) {
      return;
    }
    aliveAtNanos = now;
    if (!Files.exists(alive)) {
      Files.createFile(alive);
    }
    Files.setLastModifiedTime(alive, FileTime.from(Instant.now()));
    removeOldAnswers();
  }

  private void removeOldAnswers() throws IOException {
    FileTime oldest = FileTime.from(Instant.now().minus(ANSWERS_STAY));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(answers)) {
      for (Path file : files) {
        if (isOlder(file, oldest)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static boolean isOlder(Path file, FileTime oldest) throws IOException {
    try {
      return Files.getLastModifiedTime(file).compareTo(oldest) < 0;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static TidemarkException unusable(IOException e) {
    return new TidemarkException(
        ErrorCode.LOCAL_IO,
        "the directory for wal-push cannot be used: " + e,
        "run-directory must be writable for the daemon",
        e);
  }
}
