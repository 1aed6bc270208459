package io.tidemark.daemon;

/**
 * One thing that a check looked at.
 *
 * @param check what was looked at
 * @param found what there is, and what was expected where it is not right
 * @param change what to do, with the SQL or command; empty where it is right
 */
record Finding(Level level, String check, String found, String change) {
  /** How bad it is. */
  enum Level {
    OK,
    WARN,
    FAIL
  }

  static Finding ok(String check, String found) {
    return new Finding(Level.OK, check, found, "");
  }

  static Finding warn(String check, String found, String change) {
    return new Finding(Level.WARN, check, found, change);
  }

  static Finding fail(String check, String found, String change) {
    return new Finding(Level.FAIL, check, found, change);
  }
}
