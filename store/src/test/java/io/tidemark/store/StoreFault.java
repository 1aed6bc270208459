package io.tidemark.store;

import java.time.Duration;

/** What {@link FaultyStore} does to a call that it was told to spoil. */
public sealed interface StoreFault {
  /** Fails so, and does nothing. For a 503 UNAVAILABLE, for a full disk NO_SPACE. */
  record Fail(StoreException.Kind kind) implements StoreFault {}

  /** Does it all, and then fails so: the answer is lost. */
  record LoseAnswer(StoreException.Kind kind) implements StoreFault {}

  /** Does nothing until {@link FaultyStore#clear} or this time, then fails as UNAVAILABLE. */
  record Hang(Duration limit) implements StoreFault {}

  /** Does it, and answers only after this time or {@link FaultyStore#clear}. */
  record Late(Duration time) implements StoreFault {}

  /** Stores only so many bytes of a put, against the contract, and fails as UNAVAILABLE. */
  record Tear(long keptBytes) implements StoreFault {}

  /** A get's stream fails as UNAVAILABLE after so many bytes, a listing after so many objects. */
  record BreakOff(long kept) implements StoreFault {}

  /** A get's stream ends after so many bytes without a word, against the contract. */
  record CutShort(long keptBytes) implements StoreFault {}

  /** One bit of a get's byte at this offset of the stream is wrong. */
  record Corrupt(long offset) implements StoreFault {}
}
