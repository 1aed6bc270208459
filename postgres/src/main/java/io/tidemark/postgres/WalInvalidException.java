package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;

/** Bytes that are not the WAL that was expected at their position. */
public final class WalInvalidException extends TidemarkException {
  private static final long serialVersionUID = 1L;

  private final long lsn;

  WalInvalidException(Lsn lsn, String what, Object found, Object expected) {
    super(
        ErrorCode.POSTGRES_DATA_INVALID,
        "at " + lsn + " of the WAL, " + what + " is " + found + "; expected " + expected,
        "this WAL is damaged, or belongs to another cluster or timeline; it is not stored");
    this.lsn = lsn.value();
  }

  /** Where the page or record begins that is not valid. */
  public Lsn lsn() {
    return new Lsn(lsn);
  }
}
