package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;

/** Asks whoever sits at the terminal before something that cannot be taken back. */
final class Confirmation {
  private final BufferedReader in;
  private final PrintStream err;
  private final boolean terminal;

  /**
   * @param terminal whether somebody can answer
   */
  Confirmation(BufferedReader in, PrintStream err, boolean terminal) {
    this.in = in;
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Returns where it is confirmed.
   *
   * @param yes by {@code --yes}
   * @throws TidemarkException USAGE where nobody can be asked, INTERRUPTED where the answer is not
   *     yes
   */
  void require(boolean yes, String question) {
    if (yes) {
      return;
    }
    if (!terminal) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "standard input is no terminal, so that nobody can confirm this; nothing was done",
          "in a script, add --yes");
    }
    err.print(question + " Type yes to go on: ");
    err.flush();
    if (!"yes".equalsIgnoreCase(answer().strip())) {
      throw new TidemarkException(
          ErrorCode.INTERRUPTED, "it was not confirmed; nothing was done", "");
    }
  }

  private String answer() {
    try {
      String line = in.readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, "the answer cannot be read: " + e, "in a script, add --yes", e);
    }
  }
}
