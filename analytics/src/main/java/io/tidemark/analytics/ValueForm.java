package io.tidemark.analytics;

import io.tidemark.postgres.TupleData;

/** In which form the values of a stream are sent: one for all, as pgoutput's {@code binary} has. */
enum ValueForm {
  /** As PostgreSQL prints them. */
  TEXT(TupleData.TEXT),
  /** As their types' send functions write them. */
  BINARY(TupleData.BINARY);

  private final byte kind;

  ValueForm(byte kind) {
    this.kind = kind;
  }

  /** {@link TupleData#TEXT} or {@link TupleData#BINARY}. */
  byte kind() {
    return kind;
  }
}
