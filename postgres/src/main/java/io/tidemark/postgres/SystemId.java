package io.tidemark.postgres;

/**
 * A cluster's system identifier, made by initdb and kept by all its physical copies; written as an
 * unsigned decimal.
 *
 * @param value the 64 bits
 */
public record SystemId(long value) {
  /** Reads the unsigned decimal of IDENTIFY_SYSTEM and pg_controldata. */
  public static SystemId parse(String text) {
    return new SystemId(Long.parseUnsignedLong(text));
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
