package io.tidemark.repository;

import java.time.Instant;

/**
 * A lease as found.
 *
 * @param until by the store's clock
 */
public record LeaseInfo(String work, String holder, Instant until) {}
