package io.tidemark.store;

/** A stream that knows which version of its object it reads, so that it can be resumed safely. */
interface VersionedStream {
  /** Equal for two streams only if they read the same object; never empty. */
  String version();
}
