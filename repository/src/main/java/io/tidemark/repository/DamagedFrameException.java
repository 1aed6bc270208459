package io.tidemark.repository;

import org.jspecify.annotations.Nullable;

/** A frame cannot be decoded. Its message continues "the frame …"; who catches it adds which. */
final class DamagedFrameException extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedFrameException(String what) {
    this(what, null);
  }

  DamagedFrameException(String what, @Nullable Throwable cause) {
    super(what, cause);
  }

  /** What is wrong with it. */
  String what() {
    return String.valueOf(getMessage());
  }
}
