package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.util.concurrent.TimeUnit;

/**
 * A rate that many threads share. Who comes takes all it needs at once and waits until it was due;
 * who comes later waits longer. After a pause at most one second's worth is saved up.
 */
public final class Bandwidth {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final double nanosPerByte;
  private long freeAt = System.nanoTime() - SECOND;

  private Bandwidth(double nanosPerByte) {
    this.nanosPerByte = nanosPerByte;
  }

  /** A positive number of bytes per second. */
  public static Bandwidth bytesPerSecond(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a bandwidth of " + bytes + " bytes per second");
    }
    return new Bandwidth((double) SECOND / bytes);
  }

  /** No limit. */
  public static Bandwidth unlimited() {
    return new Bandwidth(0);
  }

  /** Waits until so many bytes may pass. */
  public void take(long bytes) {
    long wait = reserve(bytes, System.nanoTime());
    try {
      TimeUnit.NANOSECONDS.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.UNAVAILABLE, "Interrupted while throttled", "", e);
    }
  }

  /** How long to wait from now. */
  synchronized long reserve(long bytes, long now) {
    long from = Math.max(freeAt, now - SECOND);
    freeAt = from + (long) (bytes * nanosPerByte);
    return Math.max(0, freeAt - now);
  }
}
