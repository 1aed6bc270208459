package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;

/** The pause between two looks at what tells nobody when it changes, such as a server's files. */
public final class Poll {
  private Poll() {}

  /**
   * Waits.
   *
   * @param interrupted what the wait is for, in the error's words
   * @throws TidemarkException INTERRUPTED; the thread stays interrupted
   */
  public static void pause(Duration pause, String interrupted, String hint) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.INTERRUPTED, interrupted, hint, e);
    }
  }
}
