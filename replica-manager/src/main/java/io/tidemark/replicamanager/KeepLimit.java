package io.tidemark.replicamanager;

import java.util.OptionalLong;

/**
 * How much WAL a slot may keep: {@code max_slot_wal_keep_size}
 * (postgresql.org/docs/current/runtime-config-replication.html).
 *
 * @param bytes 0 or more; empty: no limit, the server's default
 */
public record KeepLimit(OptionalLong bytes) {
  /** The server's default: a slot that nobody reads keeps WAL until the disk is full. */
  public static final KeepLimit NONE = new KeepLimit(OptionalLong.empty());

  /** Reads the {@code setting} of pg_settings, which is in megabytes, or -1. */
  public static KeepLimit ofMegabytes(String setting) {
    long megabytes = Long.parseLong(setting);
    return megabytes < 0 ? NONE : new KeepLimit(OptionalLong.of(megabytes << 20));
  }
}
