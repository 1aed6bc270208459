package io.tidemark.config;

import org.jspecify.annotations.Nullable;

/**
 * A failure that somebody is told of. Its message says what was found, what was expected and what
 * to do next; its code decides the exit code. Thrown where the fact is known, logged once, where it
 * is handled.
 */
public class TidemarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String hint;

  /**
   * @param found what was found, a whole sentence with its expected counterpart
   * @param hint what to do next, or empty where the message already says it
   */
  public TidemarkException(ErrorCode code, String found, String hint) {
    this(code, found, hint, null);
  }

  /** As above, with what caused it. */
  public TidemarkException(ErrorCode code, String found, String hint, @Nullable Throwable cause) {
    super(found, cause);
    this.code = code;
    this.hint = hint;
  }

  /** What was found and what was expected. */
  @Override
  public final String getMessage() {
    return String.valueOf(super.getMessage());
  }

  public final ErrorCode code() {
    return code;
  }

  /** What to do next; may be empty. */
  public final String hint() {
    return hint;
  }

  /** Message and hint as the operator reads them. */
  public final String explain() {
    return hint.isEmpty() ? getMessage() : getMessage() + "\n  hint: " + hint;
  }

  /** For stack traces: the code, the message and the hint. */
  @Override
  public final String toString() {
    return code + ": " + explain();
  }
}
