package io.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What a JVM says of its collections with {@code -Xlog:gc}. */
final class GcLog {
  private static final Pattern PAUSE = Pattern.compile(" (\\d+)M->\\d+M\\(\\d+M\\)");

  private GcLog() {}

  /** The most that the heap held when a collection began; 0 where none did. */
  static double highestMib(Path log) {
    try {
      return highestMib(Files.readString(log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static double highestMib(String log) {
    return PAUSE
        .matcher(log)
        .results()
        .map((MatchResult pause) -> pause.group(1))
        .mapToDouble(Double::parseDouble)
        .max()
        .orElse(0);
  }
}
