package io.tidemark.config;

import io.tidemark.config.YamlNode.Location;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One reading of a file: collects every problem, and every key that was asked for. */
final class Reading {

  /**
   * A key that Tidemark knows, as the documentation lists it.
   *
   * @param fallback what holds without the key, or {@code required}, or empty
   */
  record KnownKey(String key, String kind, String fallback) {}

  private final Path file;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> complained = new HashSet<>();
  private final Set<List<Object>> places = new HashSet<>();
  private final Map<String, KnownKey> known = new TreeMap<>();

  Reading(Path file) {
    this.file = file;
  }

  /**
   * Notes a problem, unless the key or something below it has one already (what follows from that
   * says nothing new) or the same was said of the same place (a section used twice).
   */
  void problem(Location at, String key, String found, String expected, String suggestion) {
    boolean known = complained.stream().anyMatch(other -> other.startsWith(key + "."));
    if (!known
        && complained.add(key)
        && places.add(List.of(at, found, expected, key.substring(key.lastIndexOf('.') + 1)))) {
      problems.add(new Problem(file, at.line(), at.column(), key, found, expected, suggestion));
    }
  }

  void knows(KnownKey key) {
    known.putIfAbsent(key.key(), key);
  }

  List<KnownKey> known() {
    return List.copyOf(known.values());
  }

  void throwProblems() {
    if (!problems.isEmpty()) {
      problems.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
      throw new ConfigException(
          file, problems, "correct the file, then run: tidemark check --config " + file);
    }
  }
}
