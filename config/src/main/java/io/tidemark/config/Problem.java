package io.tidemark.config;

import java.nio.file.Path;

/**
 * One thing that is wrong in the configuration file.
 *
 * @param line one-based, 0 where the whole file is meant
 * @param column one-based, 0 where the whole file is meant
 * @param key dotted path of the key, empty where the whole file is meant
 * @param found what is there
 * @param expected what should be there
 * @param suggestion what was probably meant, empty where nothing is near
 */
public record Problem(
    Path file, int line, int column, String key, String found, String expected, String suggestion) {

  /** One line: {@code file:line:column: key: found; expected …; suggestion}. */
  @Override
  public String toString() {
    return file
        + (line > 0 ? ":" + line + ":" + column : "")
        + (key.isEmpty() ? "" : ": " + key)
        + ": "
        + found
        + (expected.isEmpty() ? "" : "; expected " + expected)
        + (suggestion.isEmpty() ? "" : "; " + suggestion);
  }
}
