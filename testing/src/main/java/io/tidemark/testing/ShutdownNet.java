package io.tidemark.testing;

/** The JVM's shutdown hooks as a net under what a test forgot to close. */
final class ShutdownNet {
  private ShutdownNet() {}

  /** Takes a hook back, unless the JVM is ending already. */
  static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyEnding) {
      // The hook runs or has run; it finds nothing left to do.
      assert alreadyEnding != null;
    }
  }
}
