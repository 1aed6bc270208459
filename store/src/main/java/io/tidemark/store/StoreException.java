package io.tidemark.store;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import org.jspecify.annotations.Nullable;

/** A store could not do what was asked. The kinds are closed and answer "does a retry help?". */
public final class StoreException extends TidemarkException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a caller must tell it apart. */
  public enum Kind {
    /** There is no such object. The store was reached and said so. */
    NOT_FOUND(false, ErrorCode.OBJECT_MISSING),
    /** Not reached, overloaded, or no answer within the deadline: nothing is known. */
    UNAVAILABLE(true, ErrorCode.STORE_UNREACHABLE),
    /** Credentials, permissions, or a read-only store. */
    DENIED(false, ErrorCode.STORE_DENIED),
    /** The store has no room. */
    NO_SPACE(false, ErrorCode.NO_SPACE),
    /** The store answered something that cannot be right: cut short, wrong checksum. */
    CORRUPT(true, ErrorCode.OBJECT_DAMAGED),
    /** The request cannot succeed as it is: no such bucket, an unusable key, an unknown answer. */
    REFUSED(false, ErrorCode.STORE_DENIED);

    private final boolean retryable;
    private final ErrorCode code;

    Kind(boolean retryable, ErrorCode code) {
      this.retryable = retryable;
      this.code = code;
    }

    public boolean retryable() {
      return retryable;
    }
  }

  private final Kind kind;

  public StoreException(Kind kind, String found, String hint, @Nullable Throwable cause) {
    super(kind.code, found, hint, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
