package io.tidemark.config;

import io.tidemark.config.Reading.KnownKey;
import io.tidemark.config.YamlNode.Entry;
import io.tidemark.config.YamlNode.Location;
import io.tidemark.config.YamlNode.Mapping;
import io.tidemark.config.YamlNode.Scalar;
import io.tidemark.config.YamlNode.Sequence;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One section of the file, asked key by key. A value that cannot be used is noted as a problem and
 * a stand-in returned, so that the rest of the file is still read; {@link Reading#throwProblems}
 * ends it. What was never asked for is unknown.
 */
final class Section {
  static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,39}");
  static final String NAME_EXPECTED =
      "a name of 1 to 40 characters from a-z, 0-9, - and _ that begins with a letter or digit";

  private final Reading reading;
  private final String path;
  private final String pattern;
  private final Location at;
  private final Map<String, Entry> entries;
  private final TreeSet<String> asked = new TreeSet<>();

  private Section(
      Reading reading, String path, String pattern, Location at, Map<String, Entry> entries) {
    this.reading = reading;
    this.path = path;
    this.pattern = pattern;
    this.at = at;
    this.entries = entries;
  }

  static Section root(Reading reading, Mapping mapping) {
    return new Section(reading, "", "", mapping.at(), mapping.entries());
  }

  /** A section in which nothing is written: everything has its default. */
  static Section empty() {
    return new Section(new Reading(Path.of("")), "", "", Location.NOWHERE, Map.of());
  }

  /** This section, with what it leaves out taken from another of the same kind. */
  Section over(Section other) {
    Map<String, Entry> both = new LinkedHashMap<>(other.entries);
    both.putAll(entries);
    Section section = new Section(reading, path, pattern, at, both);
    section.asked.addAll(other.entries.keySet());
    section.asked.removeAll(entries.keySet());
    return section;
  }

  static OptionalLong toLong(Optional<Long> value) {
    return value.isPresent() ? OptionalLong.of(value.get()) : OptionalLong.empty();
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /** The key's value, or {@code fallback}, which is written as an operator would. */
  <T> T get(String key, Kind<T> kind, String fallback) {
    know(key, kind.name(), fallback);
    return read(key, kind).orElseGet(() -> kind.parseOwn(fallback));
  }

  /** The key's value, if it is there. */
  <T> Optional<T> find(String key, Kind<T> kind) {
    return find(key, kind, "");
  }

  /** As above, for the documentation with what its absence means. */
  <T> Optional<T> find(String key, Kind<T> kind, String meaning) {
    know(key, kind.name(), meaning);
    return read(key, kind);
  }

  /** The key's value, which must be there. */
  <T> T require(String key, Kind<T> kind) {
    know(key, kind.name(), "required");
    if (!has(key)) {
      reading.problem(at, join(path, key), "missing", kind.expected(), "");
    }
    return read(key, kind).orElseGet(() -> kind.parseOwn(kind.example()));
  }

  /** One value or a list of them. */
  <T> List<T> list(String key, Kind<T> kind, String fallback) {
    know(key, kind.name() + ", or a list", fallback);
    Entry entry = entries.get(key);
    if (entry == null) {
      return List.of(kind.parseOwn(fallback));
    }
    List<YamlNode> items =
        entry.value() instanceof Sequence sequence ? sequence.items() : List.of(entry.value());
    if (items.isEmpty()) {
      reading.problem(
          entry.value().at(), join(path, key), "found an empty list", kind.expected(), "");
    }
    return items.stream().map(item -> value(key, item, kind)).flatMap(Optional::stream).toList();
  }

  /** One value or a list of them; at least one. */
  <T> List<T> required(String key, Kind<T> kind) {
    know(key, kind.name() + ", or a list", "required");
    if (!has(key)) {
      reading.problem(at, join(path, key), "missing", kind.expected(), "");
      return List.of();
    }
    return list(key, kind, kind.example());
  }

  /** What stands under a key as names and plain values, in the order of the file. */
  Map<String, String> texts(String key) {
    return pairs(key, "names and values", Kind.SETTING);
  }

  /** What stands under a key as one path for another. */
  Map<Path, Path> paths(String key) {
    Map<Path, Path> paths = new LinkedHashMap<>();
    pairs(key, "path: path", Kind.PATH)
        .forEach(
            (name, value) -> {
              Scalar written = new Scalar(at, YamlNode.Type.TEXT, name);
              Optional<Path> from = Kind.PATH.parse(written);
              if (from.isEmpty()) {
                problem(key, "found " + written.describe(), Kind.PATH.expected(), "");
              }
              from.ifPresent(path -> paths.put(path, value));
            });
    return paths;
  }

  <T> Map<String, T> pairs(String key, String kindName, Kind<T> kind) {
    know(key, kindName, "");
    Section pairs = section(key);
    Map<String, T> found = new LinkedHashMap<>();
    pairs.entries.forEach(
        (name, entry) ->
            pairs.value(name, entry.value(), kind).ifPresent(value -> found.put(name, value)));
    return found;
  }

  /** Whether the key has a plain value where a section could also stand. */
  boolean isShort(String key) {
    Entry entry = entries.get(key);
    return entry != null
        && entry.value() instanceof Scalar scalar
        && scalar.type() != YamlNode.Type.NULL;
  }

  /** The section under a key; an empty one where it is missing or nothing stands in it. */
  Section section(String key) {
    asked.add(key);
    Entry entry = entries.get(key);
    return entry == null
        ? new Section(reading, join(path, key), join(pattern, key), at, Map.of())
        : section(join(path, key), join(pattern, key), entry);
  }

  /** The sections under a key, by the names that the operator gave them. */
  Map<String, Section> named(String key, String placeholder) {
    Section parent = section(key);
    Map<String, Section> sections = new LinkedHashMap<>();
    parent.entries.forEach(
        (name, entry) -> {
          String itsPath = join(parent.path, name);
          if (!NAME.matcher(name).matches()) {
            reading.problem(
                entry.keyAt(), itsPath, "found the name \"" + name + "\"", NAME_EXPECTED, "");
          }
          sections.put(
              name, section(itsPath, join(parent.pattern, "<" + placeholder + ">"), entry));
        });
    return sections;
  }

  /** The sections under a key, by names that may be any text. */
  Map<String, Section> sections(String key, String placeholder) {
    Section parent = section(key);
    Map<String, Section> sections = new LinkedHashMap<>();
    parent.entries.forEach(
        (name, entry) ->
            sections.put(
                name,
                section(
                    join(parent.path, name),
                    join(parent.pattern, "<" + placeholder + ">"),
                    entry)));
    return sections;
  }

  /** Notes a problem where nothing stands below a key of a file that could be read. */
  void requireSomeIn(String key, String expected) {
    if (section(key).entries.isEmpty() && !at.equals(Location.NOWHERE)) {
      problem(key, "missing", expected, "");
    }
  }

  /**
   * Makes the record of this section and reports keys that nobody asked for.
   *
   * @return empty where the record does not accept its values, which are then noted
   */
  <T> Optional<T> build(Supplier<T> maker) {
    Optional<T> made = collect(maker);
    entries.forEach(this::reportUnknown);
    return made;
  }

  /** As {@link #build}, for one of several records that share this section. */
  <T> Optional<T> collect(Supplier<T> maker) {
    try {
      return Optional.of(maker.get());
    } catch (Checks.InvalidSettings e) {
      e.failures()
          .forEach(f -> problem(f.key(), "found " + f.found(), f.expected(), f.suggestion()));
      return Optional.empty();
    }
  }

  /**
   * Notes a problem with a key of this section: with the section itself where it is empty, and
   * where it has dots with a key of the sections below.
   */
  void problem(String key, String found, String expected, String suggestion) {
    reading.problem(place(entries, key, at), join(path, key), found, expected, suggestion);
  }

  /** Where a key stands, or the nearest section above it that does. */
  private static Location place(Map<String, Entry> entries, String key, Location above) {
    Entry exact = entries.get(key);
    if (exact != null) {
      return exact.value().at();
    }
    for (Map.Entry<String, Entry> each : entries.entrySet()) {
      String prefix = each.getKey() + ".";
      if (key.startsWith(prefix) && each.getValue().value() instanceof Mapping mapping) {
        String rest = key.substring(prefix.length());
        return place(mapping.entries(), rest, each.getValue().keyAt());
      }
    }
    return above;
  }

  private void reportUnknown(String key, Entry entry) {
    if (!asked.contains(key)) {
      reading.problem(
          entry.keyAt(),
          join(path, key),
          "unknown key",
          asked.isEmpty() ? "nothing here" : "one of " + String.join(", ", asked),
          Nearest.suggestion(key, asked));
    }
  }

  private Section section(String itsPath, String itsPattern, Entry entry) {
    if (entry.value() instanceof Mapping mapping) {
      return new Section(reading, itsPath, itsPattern, entry.keyAt(), mapping.entries());
    }
    boolean empty = entry.value() instanceof Scalar scalar && scalar.type() == YamlNode.Type.NULL;
    if (!empty) {
      reading.problem(
          entry.value().at(),
          itsPath,
          "found " + entry.value().describe(),
          "a section: keys, indented below it",
          "");
    }
    return new Section(reading, itsPath, itsPattern, entry.keyAt(), Map.of());
  }

  private void know(String key, String kind, String fallback) {
    asked.add(key);
    reading.knows(new KnownKey(join(pattern, key), kind, fallback));
  }

  /** What the key says, without any check and without asking for it. */
  String peek(String key) {
    Entry entry = entries.get(key);
    return entry != null && entry.value() instanceof Scalar scalar ? scalar.text() : "";
  }

  private <T> Optional<T> read(String key, Kind<T> kind) {
    @Nullable Entry entry = entries.get(key);
    return entry == null ? Optional.empty() : value(key, entry.value(), kind);
  }

  private <T> Optional<T> value(String key, YamlNode node, Kind<T> kind) {
    if (node instanceof Scalar scalar && scalar.text().contains("${")) {
      reading.problem(
          node.at(),
          join(path, key),
          "found " + node.describe(),
          "a plain value: variables are not replaced, and secrets are read from files",
          "");
      return Optional.empty();
    }
    Optional<T> value = node instanceof Scalar scalar ? kind.parse(scalar) : Optional.empty();
    if (value.isEmpty()) {
      reading.problem(
          node.at(), join(path, key), found(node, kind), kind.expected(), suggestion(node, kind));
    }
    return value;
  }

  /** Problems are logged: what may be a secret in the wrong place is not repeated. */
  private static String found(YamlNode node, Kind<?> kind) {
    boolean secret =
        node instanceof Scalar scalar
            && scalar.type() != YamlNode.Type.NULL
            && (kind.equals(Kind.SECRET) || (kind.equals(Kind.URL) && scalar.text().contains("@")));
    return secret ? "found what is not shown, as it may be a secret" : "found " + node.describe();
  }

  private static String suggestion(YamlNode node, Kind<?> kind) {
    if (!(node instanceof Scalar scalar) || scalar.type() == YamlNode.Type.NULL) {
      return "";
    }
    if (kind.equals(Kind.TEXT) && scalar.type() != YamlNode.Type.TEXT) {
      return "write it in quotes: \"" + scalar.text() + "\"";
    }
    return Nearest.suggestion(scalar.text(), kind.words());
  }

  private static String join(String path, String key) {
    return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
  }
}
