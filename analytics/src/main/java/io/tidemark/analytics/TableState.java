package io.tidemark.analytics;

import java.util.Locale;

/** Where a table of one source stands. */
public enum TableState {
  /** It will be copied. */
  PLANNED,
  /** Its rows are being copied. */
  COPYING,
  /** It is copied; changes up to a known position bring it to one moment. */
  CATCHING_UP,
  /** It is as the source was at the feed's position. */
  STREAMING,
  /** It waits for a decision: it stays as it is, and its changes are left out. */
  HELD,
  /** It cannot be taken; the error says why. */
  REFUSED;

  /** As the state tables spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static TableState parse(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
