package io.tidemark.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.tidemark.config.YamlNode.Entry;
import io.tidemark.config.YamlNode.Location;
import io.tidemark.config.YamlNode.Mapping;
import io.tidemark.config.YamlNode.Scalar;
import io.tidemark.config.YamlNode.Sequence;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * YAML text to nodes with their places, by the event stream alone: no object is ever made from a
 * tag. Anchors and {@code <<} merges refer to the one node that is there, so a file cannot blow up.
 */
final class YamlReader {
  private static final int DEEPEST = 20;
  private static final YAMLFactory YAML =
      YAMLFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
          .build();

  private final Reading reading;
  private final YAMLParser parser;
  private final Map<String, YamlNode> anchors = new HashMap<>();

  private YamlReader(Reading reading, YAMLParser parser) {
    this.reading = reading;
    this.parser = parser;
  }

  /** The file's top section; an empty one, with a problem noted, where there is none. */
  static Mapping read(String text, Reading reading) {
    try (YAMLParser parser = YAML.createParser(text)) {
      return new YamlReader(reading, parser).document();
    } catch (JsonProcessingException e) {
      Location at = e.getLocation() == null ? Location.NOWHERE : location(e.getLocation());
      reading.problem(at, "", "found what is not YAML: " + sentence(e), "YAML", "");
      return nothing();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.INTERNAL, "reading YAML from memory failed: " + e, "report this defect", e);
    }
  }

  private Mapping document() throws IOException {
    if (parser.nextToken() == null) {
      reading.problem(Location.NOWHERE, "", "found an empty file", "a configuration", "");
      return nothing();
    }
    YamlNode top = node("");
    if (parser.nextToken() != null) {
      reading.problem(here(), "", "found a second document", "one document in the file", "");
    }
    if (top instanceof Mapping mapping) {
      return mapping;
    }
    reading.problem(top.at(), "", "found " + top.describe(), "sections such as clusters:", "");
    return nothing();
  }

  private YamlNode node(String path) throws IOException {
    if (parser.isCurrentAlias()) {
      return alias(path);
    }
    @Nullable String anchor = parser.getObjectId();
    YamlNode node =
        switch (parser.currentToken()) {
          case START_OBJECT -> mapping(path);
          case START_ARRAY -> sequence(path);
          default -> scalar();
        };
    if (anchor != null) {
      anchors.put(anchor, node);
    }
    return node;
  }

  private YamlNode alias(String path) throws IOException {
    YamlNode node = anchors.get(parser.getText());
    if (node != null) {
      return node;
    }
    reading.problem(
        here(), path, "found the alias *" + parser.getText(), "an anchor defined above it", "");
    return new Scalar(here(), YamlNode.Type.NULL, "");
  }

  private Mapping mapping(String path) throws IOException {
    Location at = here();
    Map<String, Entry> entries = new LinkedHashMap<>();
    List<Mapping> merged = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String itsPath = path.isEmpty() ? key : path + "." + key;
      Location keyAt = here();
      parser.nextToken();
      YamlNode value = node(itsPath);
      if (key.equals("<<")) {
        merge(value, merged, itsPath);
      } else {
        put(entries, key, new Entry(keyAt, value), itsPath);
      }
    }
    merged.forEach(mapping -> mapping.entries().forEach(entries::putIfAbsent));
    return new Mapping(at, entries);
  }

  private void put(Map<String, Entry> entries, String key, Entry entry, String path) {
    Entry first = entries.putIfAbsent(key, entry);
    if (first != null) {
      reading.problem(
          entry.keyAt(),
          path,
          "found the key a second time, first on line " + first.keyAt().line(),
          "it once",
          "");
    }
  }

  private void merge(YamlNode value, List<Mapping> merged, String path) {
    switch (value) {
      case Mapping mapping -> merged.add(mapping);
      case Sequence(var at, var items) -> items.forEach(item -> merge(item, merged, path));
      case Scalar scalar ->
          reading.problem(
              scalar.at(), path, "found " + scalar.describe(), "an alias of a section", "");
    }
  }

  private Sequence sequence(String path) throws IOException {
    Location at = here();
    List<YamlNode> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(node(path));
    }
    return new Sequence(at, items);
  }

  private Scalar scalar() throws IOException {
    YamlNode.Type type =
        switch (parser.currentToken()) {
          case VALUE_NUMBER_INT -> YamlNode.Type.INTEGER;
          case VALUE_NUMBER_FLOAT -> YamlNode.Type.DECIMAL;
          case VALUE_TRUE, VALUE_FALSE -> YamlNode.Type.BOOLEAN;
          case VALUE_NULL -> YamlNode.Type.NULL;
          default -> YamlNode.Type.TEXT;
        };
    String text = Optional.ofNullable(parser.getText()).orElse("");
    return new Scalar(here(), text.isEmpty() ? YamlNode.Type.NULL : type, text);
  }

  private Location here() {
    return location(parser.currentTokenLocation());
  }

  private static Location location(JsonLocation location) {
    return new Location(Math.max(location.getLineNr(), 0), Math.max(location.getColumnNr(), 0));
  }

  private static Mapping nothing() {
    return new Mapping(Location.NOWHERE, Map.of());
  }

  /** The parser's message without its excerpts of the file, which are indented. */
  private static String sentence(JsonProcessingException e) {
    return e.getOriginalMessage()
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith(" "))
        .collect(Collectors.joining(", "));
  }
}
