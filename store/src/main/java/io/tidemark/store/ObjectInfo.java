package io.tidemark.store;

import java.time.Instant;

/**
 * One listed object.
 *
 * @param size in bytes
 * @param modified when it was put, by the store's clock
 */
public record ObjectInfo(String key, long size, Instant modified) {}
