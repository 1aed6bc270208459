package io.tidemark.repository;

import java.util.concurrent.Semaphore;

/**
 * The heap that sealed objects take between sealing and the return of their put: never more than
 * {@link #LIMIT_BYTES}. Who wants more waits until others have returned, in turn. For many threads;
 * nobody may want a second share while it holds one.
 */
final class SealedMemory {
  /** Two segments of 16 MiB that do not compress. */
  static final int LIMIT_BYTES = 33 << 20;

  private static final int UNIT_BYTES = 1 << 10;
  private static final int HEADER_BYTES = 64 << 10;

  private final Semaphore free = new Semaphore(LIMIT_BYTES / UNIT_BYTES, true);

  /** A part of it, until it is closed. For one thread. */
  final class Share implements AutoCloseable {
    private int units;

    private Share(int units) {
      this.units = units;
    }

    /** Gives back what is not needed, now that the size is known. */
    void shrinkTo(long bytes) {
      int needed = units(bytes);
      if (needed < units) {
        free.release(units - needed);
        units = needed;
      }
    }

    @Override
    public void close() {
      free.release(units);
    }
  }

  /** For so much raw content, as if none of it could be compressed. */
  Share reserve(long rawBytes) {
    int units = units(rawBytes + rawBytes / 128 + HEADER_BYTES);
    free.acquireUninterruptibly(units);
    return new Share(units);
  }

  long usedBytes() {
    return LIMIT_BYTES - (long) free.availablePermits() * UNIT_BYTES;
  }

  /** What is larger than everything takes everything, and is then alone. */
  private static int units(long bytes) {
    return (int) Math.min(LIMIT_BYTES / UNIT_BYTES, Math.ceilDiv(bytes, UNIT_BYTES));
  }
}
