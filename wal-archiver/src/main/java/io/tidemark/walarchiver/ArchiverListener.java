package io.tidemark.walarchiver;

/**
 * Hears of what happens, on the thread to which it happens (the one that reads, or one of those
 * that put), which waits meanwhile.
 */
@FunctionalInterface
public interface ArchiverListener {
  void on(ArchiverEvent event);

  /** Both, in this order. */
  default ArchiverListener and(ArchiverListener other) {
    return event -> {
      on(event);
      other.on(event);
    };
  }
}
