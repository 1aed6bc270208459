package io.tidemark.postgres;

import java.util.Locale;

/** {@code wal_level} (xlog.h). */
public enum WalLevel {
  MINIMAL,
  REPLICA,
  LOGICAL;

  /** The level that pg_control and WAL write as {@code code}. */
  static WalLevel of(int code) {
    return switch (code) {
      case 0 -> MINIMAL;
      case 1 -> REPLICA;
      case 2 -> LOGICAL;
      default -> throw new IllegalArgumentException("not a wal_level: " + code);
    };
  }

  /** The setting's value: {@code replica}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
