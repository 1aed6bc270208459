package io.tidemark.config;

/** Where a repository's bytes are. */
public sealed interface StoreSettings permits PosixSettings, S3Settings {

  /** The value of {@code type:}. */
  enum Type {
    POSIX,
    S3
  }
}
