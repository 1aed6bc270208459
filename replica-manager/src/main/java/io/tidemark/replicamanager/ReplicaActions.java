package io.tidemark.replicamanager;

/**
 * What can be done for a replica. Every method is called under its lock, does one thing to its end,
 * may take hours (a build), ends early when its thread is interrupted, and can be called again
 * after a crash at any point of it. All throw {@link io.tidemark.config.TidemarkException}.
 */
public interface ReplicaActions {

  /** Makes the slot, then the data directory, and leaves the server stopped. */
  void build(ReplicaSpec replica, Observation seen, ReplicaDecision.Build.From from);

  /** Goes on with a build, or a rejoining, that was broken off. */
  void continueBuild(ReplicaSpec replica, Observation seen);

  /** Starts the server, and waits until it accepts connections. */
  void start(ReplicaSpec replica, Observation seen);

  /** Writes the settings, and has a running server load them. */
  void configure(ReplicaSpec replica, Observation seen, ReplicaDecision.Configure decision);

  /** Makes the slot on the feed, keeping WAL from now on. */
  void createSlot(ReplicaSpec replica, Observation seen);

  /** Drops the slot on the feed and makes it anew. */
  void recreateSlot(ReplicaSpec replica, Observation seen);

  /** pg_wal_replay_pause(). */
  void pauseReplay(ReplicaSpec replica, Observation seen);

  /** Stops the server, takes back by pg_rewind what the primary has not, and leaves it stopped. */
  void rewind(ReplicaSpec replica, Observation seen);

  /** Stops the server and makes the directory anew with reuse, and leaves it stopped. */
  void rebuild(ReplicaSpec replica, Observation seen);
}
