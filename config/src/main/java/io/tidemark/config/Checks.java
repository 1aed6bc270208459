package io.tidemark.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/** What a record's constructor demands of its values; all that fails is thrown together. */
final class Checks {

  /** One value that a record does not accept. */
  record Failure(String key, String found, String expected, String suggestion) {
    @Override
    public String toString() {
      return key + ": found " + found + "; expected " + expected;
    }
  }

  /** A record was given values that it does not accept. */
  static final class InvalidSettings extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;
    private final transient List<Failure> failures;

    private InvalidSettings(List<Failure> failures) {
      super(String.join(", ", failures.stream().map(Failure::toString).toList()));
      this.failures = List.copyOf(failures);
    }

    List<Failure> failures() {
      return failures;
    }
  }

  private final List<Failure> failures = new ArrayList<>();

  Checks that(boolean holds, String key, String found, String expected) {
    if (!holds) {
      failures.add(new Failure(key, found, expected, ""));
    }
    return this;
  }

  Checks matches(Pattern pattern, String key, String value, String expected) {
    return that(pattern.matcher(value).matches(), key, "\"" + value + "\"", expected);
  }

  /** That a word is among those there are; else the nearest is suggested. */
  Checks among(Collection<String> words, String key, String word, String why) {
    if (!words.contains(word)) {
      String expected = "one of " + String.join(", ", words);
      String suggestion = Nearest.suggestion(word, words);
      failures.add(new Failure(key, "\"" + word + "\", " + why, expected, suggestion));
    }
    return this;
  }

  Checks between(String key, long value, long least, long most) {
    return that(
        value >= least && value <= most,
        key,
        "the number " + value,
        "a number from " + least + " to " + most);
  }

  Checks between(String key, Duration value, Duration least, Duration most) {
    return that(
        value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
        key,
        Units.spell(value),
        "a duration from " + Units.spell(least) + " to " + Units.spell(most));
  }

  Checks bytesBetween(String key, long value, long least, long most) {
    return that(
        value >= least && value <= most,
        key,
        Units.spellBytes(value),
        "a size from " + Units.spellBytes(least) + " to " + Units.spellBytes(most));
  }

  void done() {
    if (!failures.isEmpty()) {
      throw new InvalidSettings(failures);
    }
  }
}
