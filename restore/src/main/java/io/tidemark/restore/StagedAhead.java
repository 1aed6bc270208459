package io.tidemark.restore;

import io.tidemark.config.RestoreSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.restore.ArchivedFiles.WalFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is staged and what is being fetched, around the position of a recovery. {@link #step} is for
 * one thread. What is wanted is fetched by a thread of its own, so that it never queues behind what
 * is merely going to be wanted.
 */
final class StagedAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StagedAhead.class);

  /** After a fetch ahead has failed. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final WalStage stage;
  private final ArchivedFiles source;
  private final WalSegmentSize segmentSize;
  private final int depth;
  private final ExecutorService answers;
  private final ExecutorService fetches;

  /** Handed to the threads that fetch ahead, and of these the ones that are being fetched. */
  private final Set<String> queued = ConcurrentHashMap.newKeySet();

  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private final Set<String> answering = ConcurrentHashMap.newKeySet();
  private final Set<String> stagedByUs = ConcurrentHashMap.newKeySet();

  /** The first segment that is not whole in the archive, as far as it was looked at. */
  private final AtomicReference<@Nullable WalSegment> end = new AtomicReference<>();

  private volatile Instant notBefore = Instant.MIN;

  /** What was asked for or taken last. */
  private @Nullable WalSegment position;

  StagedAhead(
      WalStage stage, ArchivedFiles source, WalSegmentSize segmentSize, RestoreSettings settings) {
    this.stage = stage;
    this.source = source;
    this.segmentSize = segmentSize;
    this.depth = Math.clamp(settings.walAheadBytes() / segmentSize.bytes(), 1, 1024);
    int threads = Math.min(settings.parallel(), depth);
    this.answers = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("wal-get").factory());
    this.fetches =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("wal-ahead-", 1).factory());
  }

  /** How many segments are kept staged. */
  int depth() {
    return depth;
  }

  /** Takes over what an earlier fetcher staged, as far as it is as this recovery wants it. */
  void adopt() throws IOException {
    Set<String> kept = new TreeSet<>();
    for (String name : stage.staged()) {
      if (WalSegment.isName(name)
          && source.servesComplete(WalSegment.parse(name, segmentSize))
          && stage.length(name) == segmentSize.bytes()) {
        kept.add(name);
      }
    }
    stage.keepOnly(kept);
    stagedByUs.addAll(kept);
  }

  /** Whether somebody waits for an answer: much less work than {@link #step}. */
  boolean isAsked() throws IOException {
    return !stage.wanted().isEmpty();
  }

  /**
   * Stages from {@code first} on as much as is kept staged, and returns when it is there.
   *
   * @return how many segments are staged; fewer than that where the archive has no more, is not
   *     reached, or the time is over
   */
  int fill(WalSegment first, Duration limit) throws InterruptedException, IOException {
    prepare(first);
    fetches.shutdown();
    if (!fetches.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      fetches.shutdownNow();
    }
    return stage.staged().size();
  }

  /** Begins to stage at {@code first}. */
  void prepare(WalSegment first) {
    fetchAhead(first);
    position = first;
  }

  /**
   * Looks once.
   *
   * @return whether somebody asked for something or took something
   */
  boolean step() throws IOException {
    Set<String> wanted = stage.wanted();
    wanted.forEach(this::answer);
    // In this order: what is staged between the two looks was not taken.
    List<String> ours = stagedByUs.stream().filter(name -> !isUnderWay(name)).toList();
    Set<String> staged = stage.staged();
    boolean taken = noteTaken(ours, staged);
    discardStale(staged);
    WalSegment at = position;
    if (at != null) {
      fetchAhead(source.after(at));
    }
    return taken || !wanted.isEmpty();
  }

  @Override
  public void close() {
    answers.shutdownNow();
    fetches.shutdownNow();
    answers.close();
    fetches.close();
  }

  private boolean isUnderWay(String name) {
    return running.contains(name) || answering.contains(name);
  }

  private void answer(String name) {
    if (WalSegment.isName(name)) {
      position = WalSegment.parse(name, segmentSize);
    }
    fetchForAnswer(name);
  }

  private boolean noteTaken(List<String> ours, Set<String> staged) {
    boolean taken = false;
    for (String name : ours) {
      if (!staged.contains(name)) {
        stagedByUs.remove(name);
        taken = true;
        advance(name);
      }
    }
    return taken;
  }

  private void advance(String name) {
    if (WalSegment.isName(name)) {
      WalSegment segment = WalSegment.parse(name, segmentSize);
      WalSegment at = position;
      position = at == null || segment.number() > at.number() ? segment : at;
    }
  }

  /** What lies far from the position is not going to be asked for. */
  private void discardStale(Set<String> staged) throws IOException {
    WalSegment at = position;
    for (String name : staged) {
      if (at != null && WalSegment.isName(name) && !isUnderWay(name)) {
        long distance = WalSegment.parse(name, segmentSize).number() - at.number();
        if (Math.abs(distance) > depth) {
          stagedByUs.remove(name);
          stage.discard(name);
        }
      }
    }
  }

  private void fetchAhead(WalSegment first) {
    WalSegment next = first;
    for (int i = 0; i < depth && isWorthwhile(next); i++) {
      if (!stagedByUs.contains(next.name())) {
        fetchAhead(next.name());
      }
      next = source.after(next);
    }
  }

  private boolean isWorthwhile(WalSegment segment) {
    WalSegment known = end.get();
    return (known == null || segment.number() < known.number())
        && !source.isBeyond(segment)
        && Instant.now().isAfter(notBefore);
  }

  /** Unless it is being fetched already: then it is staged, or asked for again at the next look. */
  private void fetchForAnswer(String name) {
    if (!running.contains(name) && answering.add(name)) {
      execute(answers, answering, name, this::answerNow);
    }
  }

  private void fetchAhead(String name) {
    if (!answering.contains(name) && queued.add(name)) {
      execute(fetches, queued, name, this::fetchAheadNow);
    }
  }

  private interface Fetch {
    void run(String name) throws IOException;
  }

  private void execute(ExecutorService threads, Set<String> underWay, String name, Fetch fetch) {
    try {
      threads.execute(
          () -> {
            try {
              fetch.run(name);
            } catch (TidemarkException | IOException e) {
              // Whoever comes to need it asks for it, and is told then.
              notBefore = Instant.now().plus(PAUSE);
              LOG.debug("cannot stage {} ahead: {}", name, e.toString());
            } finally {
              underWay.remove(name);
            }
          });
    } catch (RejectedExecutionException e) {
      underWay.remove(name); // closed meanwhile
    }
  }

  private void fetchAheadNow(String name) throws IOException {
    WalSegment segment = WalSegment.parse(name, segmentSize);
    if (stagedByUs.contains(name) || answering.contains(name) || !isWorthwhile(segment)) {
      return; // it has waited in the queue
    }
    running.add(name);
    try {
      stageOrNoteEnd(segment);
    } finally {
      running.remove(name);
    }
  }

  private void answerNow(String name) throws IOException {
    try {
      if (!WalSegment.isName(name) || !stageOrNoteEnd(WalSegment.parse(name, segmentSize))) {
        answer(name, source.get(name));
      }
    } catch (TidemarkException e) {
      LOG.warn("cannot fetch {}: {}", name, e.explain());
      stage.putFailed(name, e.getMessage());
    }
  }

  private void answer(String name, Optional<WalFile> file) throws IOException {
    if (file.isEmpty() || wouldTakeAway(name, file.get())) {
      stage.putAbsent(name);
    } else if (file.get().complete()) {
      stage.put(name, file.get().content());
    } else {
      stage.putOpen(name, file.get().content());
    }
  }

  /** Where a way is given, the server has received nothing itself. */
  private boolean wouldTakeAway(String name, WalFile file) throws IOException {
    return !file.complete()
        && source.followsNewest()
        && ReceivedWal.goesBeyond(stage.inPgWal(name), file.content());
  }

  /** Whether there was a complete segment to stage. */
  private boolean stageOrNoteEnd(WalSegment segment) throws IOException {
    boolean complete = stage(segment);
    end.updateAndGet(
        known -> {
          if (known == null || isAfter(known, segment)) {
            return complete ? known : segment;
          }
          return complete ? null : known;
        });
    return complete;
  }

  private boolean stage(WalSegment segment) throws IOException {
    try (WalStage.Staging staging = stage.begin(segment.name())) {
      if (!source.copyComplete(segment, staging::take)) {
        return false;
      }
      // Before it can be seen, and so be taken.
      stagedByUs.add(segment.name());
      staging.commit();
      return true;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IOException e) {
      stagedByUs.remove(segment.name());
      throw e;
    }
  }

  private static boolean isAfter(WalSegment known, WalSegment segment) {
    return known.number() > segment.number();
  }
}
