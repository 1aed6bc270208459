package io.tidemark.store;

import java.time.Duration;

/**
 * What a request may take, and how many there may be.
 *
 * @param request until the answer to a request begins; a put gets a second more for each MiB
 * @param stall the longest silence within a request or an answer, and until a connection is made
 * @param connections at most, all in all; each open stream of a get holds one
 */
public record S3Limits(Duration request, Duration stall, int connections) {
  public S3Limits {
    if (!request.isPositive() || !stall.isPositive() || connections < 1) {
      throw new IllegalArgumentException("limits must be positive: " + request + ", " + stall);
    }
  }

  /** 30 s, 15 s, 64 connections. */
  public static S3Limits usual() {
    return new S3Limits(Duration.ofSeconds(30), Duration.ofSeconds(15), 64);
  }

  Duration forPut(long bytes) {
    return request.plusSeconds(bytes >> 20);
  }
}
