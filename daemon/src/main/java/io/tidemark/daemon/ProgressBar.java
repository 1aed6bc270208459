package io.tidemark.daemon;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Follows something that may take long, with rate and time left: on a terminal drawn over itself,
 * else a line every ten seconds. Says nothing in the first second. Owns one virtual thread, which
 * ends when it is closed; all other methods may be called by any thread.
 */
final class ProgressBar implements AutoCloseable {
  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration REDRAW = Duration.ofMillis(200);
  private static final Duration REPEAT = Duration.ofSeconds(10);
  private static final String ERASE = "\r\u001b[K";

  private final String what;
  private final PrintStream err;
  private final boolean live;
  private final long began = System.nanoTime();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong total = new AtomicLong();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread painter;
  private volatile String step = "";
  private volatile String detail = "";
  private volatile long doneBegan = System.nanoTime();
  private boolean drawn;

  private ProgressBar(String what, PrintStream err, boolean live) {
    this.what = what;
    this.err = err;
    this.live = live;
    this.painter = Thread.ofVirtual().name("progress").unstarted(this::paint);
  }

  static ProgressBar start(String what, PrintStream err, boolean live) {
    ProgressBar bar = new ProgressBar(what, err, live);
    bar.painter.start();
    return bar;
  }

  /** What is being done now. */
  void step(String now) {
    step = now;
  }

  /** How much there is in all: the rate counts from here. */
  void total(long bytes) {
    doneBegan = System.nanoTime();
    total.set(bytes);
  }

  /** As {@link #total}, where it is told again and again. */
  void totalOnce(long bytes) {
    if (total.get() != bytes) {
      total(bytes);
    }
  }

  /** So much more is done. */
  void add(long bytes) {
    done.addAndGet(bytes);
  }

  /** So much is done in all. */
  void set(long bytes) {
    done.set(bytes);
  }

  /** Something to show after the figures. */
  void detail(String text) {
    detail = text;
  }

  /** What there is to see now. */
  ProgressLine line() {
    return new ProgressLine(
        what,
        step,
        done.get(),
        total.get(),
        Duration.ofNanos(System.nanoTime() - doneBegan),
        detail);
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      painter.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void paint() {
    try {
      boolean over = closed.await((live ? QUIET : REPEAT).toMillis(), TimeUnit.MILLISECONDS);
      while (!over) {
        draw();
        over = closed.await((live ? REDRAW : REPEAT).toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (live && drawn) {
      err.print(ERASE);
      err.flush();
    }
  }

  private void draw() {
    drawn = true;
    if (live) {
      err.print(ERASE + line().bar());
      err.flush();
    } else {
      Duration since = Duration.ofNanos(System.nanoTime() - began);
      err.println("tidemark: " + line().text() + ", after " + Human.duration(since));
    }
  }
}
