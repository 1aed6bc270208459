package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Ends a server and removes its directories when this JVM is killed and can run no shutdown hook: a
 * shell that waits for the end of its input, which the JVM holds open for as long as it lives.
 */
final class ProcessGuard implements AutoCloseable {
  private static final String SCRIPT =
      """
      read -r word
      [ "$word" = closed ] && exit 0
      data=$1; shift
      pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
      if [ -n "$pid" ] && grep -qF "$data" "/proc/$pid/cmdline" 2>/dev/null; then
        kill -QUIT "$pid"
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
          kill -0 "$pid" 2>/dev/null || break
          sleep 0.5
        done
        kill -KILL "$pid" 2>/dev/null
      fi
      rm -rf "$@"
      """;

  private final Process shell;

  private ProcessGuard(Process shell) {
    this.shell = shell;
  }

  /** Over the server that may run in the data directory, and over directories to be removed. */
  static ProcessGuard over(Path data, List<Path> directories) {
    List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "guard", data.toString()));
    directories.forEach(directory -> command.add(directory.toString()));
    try {
      return new ProcessGuard(
          Command.builder(command, Map.of())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the guard of " + data, e);
    }
  }

  /** The server is cared for: nothing is left to guard. */
  @Override
  public void close() {
    try (var input = shell.getOutputStream()) {
      input.write("closed\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException shellWasKilled) {
      shell.destroyForcibly();
    }
  }
}
