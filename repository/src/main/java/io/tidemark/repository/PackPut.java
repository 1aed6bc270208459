package io.tidemark.repository;

import org.jspecify.annotations.Nullable;

/**
 * A pack on its way to the store, on a thread of its own, so that compression goes on meanwhile.
 */
final class PackPut {
  private final PackBuffer pack;
  private final Thread thread;
  private volatile @Nullable Throwable failure;

  PackPut(BackupWriter backup, PackBuffer pack) {
    this.pack = pack;
    this.thread =
        Thread.ofVirtual()
            .name("put " + pack.object())
            .start(
                () -> {
                  try {
                    backup.put(pack);
                  } catch (Throwable e) {
                    // Thrown by await(), on the thread that can act on it.
                    failure = e;
                  }
                });
  }

  PackBuffer pack() {
    return pack;
  }

  /** Waits until the pack is durable; throws what the put threw. */
  void await() throws InterruptedException {
    thread.join();
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** Ends it: when this returns, its buffer is no longer read. A request has a deadline. */
  void cancel() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
