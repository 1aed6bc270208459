package io.tidemark.config;

import java.util.List;
import java.util.Map;

/** A piece of the configuration file that remembers where it stood. */
sealed interface YamlNode {

  Location at();

  /** What the operator wrote, as a phrase for a message. */
  String describe();

  /** One-based position in the file. */
  record Location(int line, int column) {
    static final Location NOWHERE = new Location(0, 0);
  }

  /** How YAML itself reads a plain word; a quoted one is always text. */
  enum Type {
    TEXT,
    INTEGER,
    DECIMAL,
    BOOLEAN,
    NULL
  }

  record Scalar(Location at, Type type, String text) implements YamlNode {
    @Override
    public String describe() {
      return switch (type) {
        case TEXT -> "\"" + shortened() + "\"";
        case INTEGER, DECIMAL -> "the number " + shortened();
        case BOOLEAN -> shortened();
        case NULL -> "no value";
      };
    }

    private String shortened() {
      return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
  }

  record Sequence(Location at, List<YamlNode> items) implements YamlNode {
    @Override
    public String describe() {
      return "a list";
    }
  }

  record Mapping(Location at, Map<String, Entry> entries) implements YamlNode {
    @Override
    public String describe() {
      return "a section";
    }
  }

  /** A key of a mapping and what it maps to. */
  record Entry(Location keyAt, YamlNode value) {}
}
