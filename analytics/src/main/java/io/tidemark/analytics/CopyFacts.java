package io.tidemark.analytics;

import java.util.OptionalLong;

/**
 * What is known before a copy begins.
 *
 * @param bytes that are read at the source
 * @param targetBytes that the copy needs in the target, indexes of keys included
 * @param targetFreeBytes empty: not known
 * @param copyBytesPerSecond of all workers together
 * @param walBytesPerSecond that the source writes meanwhile
 * @param keepLimitBytes of WAL that a slot may keep at the source; empty: no limit
 * @param applyBytesPerSecond WAL that can be applied afterwards; empty: not known
 */
public record CopyFacts(
    long bytes,
    long targetBytes,
    OptionalLong targetFreeBytes,
    long copyBytesPerSecond,
    long walBytesPerSecond,
    OptionalLong keepLimitBytes,
    OptionalLong applyBytesPerSecond) {
  public CopyFacts {
    if (copyBytesPerSecond < 1) {
      throw new IllegalArgumentException("a copy of " + copyBytesPerSecond + " bytes per second");
    }
    if (bytes < 0 || targetBytes < 0 || walBytesPerSecond < 0) {
      throw new IllegalArgumentException("sizes and rates are not negative");
    }
  }
}
