package io.tidemark.analytics;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of one value of a masked column. Gets and gives the value's text form as PostgreSQL
 * prints it with {@code datestyle = ISO} and {@code bytea_output = hex}, in UTF-8; null is NULL.
 * The same function masks the copy, the stream, the resync and both sides of a comparison. Safe for
 * use by many threads.
 */
@FunctionalInterface
public interface MaskFunction {
  byte @Nullable [] apply(byte @Nullable [] value);
}
