package io.tidemark.replicamanager;

import io.tidemark.postgres.SystemId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * What must be known of a replica when the daemon starts again.
 *
 * @param directory the data directory that Tidemark has made, or was given
 * @param buildId also in the directory's marker file, so that another directory in its place is
 *     told from ours
 * @param work under way in the directory, so that a crash is gone on from
 * @param changedAt when this was last written
 */
public record ReplicaState(
    Path directory, SystemId systemId, String buildId, Work work, Wish wish, Instant changedAt) {

  /** What is under way in the directory. */
  public enum Work {
    /** It is whole. */
    NONE,
    /** It is being made: its content may be anything. */
    BUILDING,
    /**
     * It is to become a standby of another primary than the one that it followed, or was, and may
     * be changed for it.
     */
    REJOINING
  }

  /** A random identifier for a new build: 32 hexadecimal digits. */
  public static String newBuildId(RandomGenerator random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  public ReplicaState with(Work other) {
    return new ReplicaState(directory, systemId, buildId, other, wish, Instant.now());
  }

  public ReplicaState with(Wish other) {
    return new ReplicaState(directory, systemId, buildId, work, other, Instant.now());
  }
}
