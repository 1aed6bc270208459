package io.tidemark.bench;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Looks at trees of processes ten times a second: their peak memory, and the CPU they used. */
final class TreeWatch implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Supplier<? extends Collection<Long>> roots;
  private final Map<Long, Long> ticks = new HashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private long peakBytes;

  /**
   * @param roots asked at each look
   */
  TreeWatch(Supplier<? extends Collection<Long>> roots) {
    this.roots = roots;
    this.thread = Thread.ofPlatform().name("watch").start(this::watch);
  }

  /** The sum over processes that lived at one time, at its highest. */
  synchronized long peakBytes() {
    return peakBytes;
  }

  /** Of every process that was seen, up to the last look at it. */
  synchronized double cpuSeconds() {
    return ticks.values().stream().mapToLong(Long::longValue).sum() / ProcStat.TICKS_PER_SECOND;
  }

  /** Looks once now. */
  synchronized void look() {
    List<ProcStat> tree = ProcFs.tree(roots.get());
    tree.forEach(each -> ticks.put(each.pid(), each.ownTicks()));
    long sum = tree.stream().mapToLong(each -> ProcFs.peakBytes(each.pid())).sum();
    peakBytes = Math.max(peakBytes, sum);
  }

  private void watch() {
    try {
      while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
