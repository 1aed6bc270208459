package io.tidemark.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One database that a pipeline reads.
 *
 * @param cluster a key of {@link Configuration#clusters()}, whose primary has it
 * @param labels that tell its rows apart in the target
 * @param decodeFrom a standby of the cluster that changes are read and copied from instead of the
 *     primary, from PostgreSQL 16 on; the database is the source's, whatever stands in it
 * @param slot logical replication slot; with _side after it for tables that are copied later
 * @param publication made by Tidemark; with _append after it for tables without a key
 */
public record SourceSettings(
    String name,
    String cluster,
    String database,
    Map<String, String> labels,
    Optional<ConnectionSettings> decodeFrom,
    String slot,
    String publication) {
  /** What is written after the names; PostgreSQL's have 63 bytes at most. */
  static final String SIDE = "_side";

  static final String APPEND = "_append";

  private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,58}");
  private static final Pattern PUBLICATION = Pattern.compile("[a-z_][a-z0-9_]{0,55}");
  private static final int LONGEST_OWN = 56;
  private static final String SITE = "site";
  private static final String DATABASE = "database";

  public SourceSettings {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    Checks checks = new Checks();
    checks
        .matches(SLOT, "slot", slot, "a slot name of 1 to 58 of a-z, 0-9 and _")
        .matches(
            PUBLICATION,
            "publication",
            publication,
            "a name of 1 to 56 of a-z, 0-9 and _ that begins with a letter or _");
    labels.forEach(
        (label, value) ->
            checks.that(!value.isBlank(), "labels." + label, "no value", Kind.LABEL.expected()));
    checks.done();
  }

  /** The value of a label: site is the source's name and database its database's, if not given. */
  public String label(String label) {
    String given = labels.get(label);
    if (given != null) {
      return given;
    }
    return switch (label) {
      case SITE -> name;
      case DATABASE -> database;
      default -> "";
    };
  }

  static Optional<SourceSettings> read(
      String pipeline, String name, Section section, Map<String, Section> clusters) {
    String cluster = section.require("cluster", Kind.TEXT);
    if (!clusters.containsKey(cluster)) {
      section.problem(
          "cluster",
          "found \"" + cluster + "\", which is no cluster of this file",
          "one of " + String.join(", ", clusters.keySet()),
          Nearest.suggestion(cluster, clusters.keySet()));
    }
    Optional<ConnectionSettings> decodeFrom =
        decodeFrom(section, clusters.getOrDefault(cluster, Section.empty()));
    String own = own(pipeline, name);
    return section.build(
        () ->
            new SourceSettings(
                name,
                cluster,
                section.require("database", Kind.TEXT),
                section.pairs("labels", "names and values", Kind.LABEL),
                decodeFrom,
                section.find("slot", Kind.TEXT, "tidemark_<pipeline>_<source>").orElse(own),
                section
                    .find("publication", Kind.TEXT, "tidemark_<pipeline>_<source>")
                    .orElse(own)));
  }

  private static Optional<ConnectionSettings> decodeFrom(Section section, Section cluster) {
    Section standby = section.section("decode-from");
    if (standby.has("database")) {
      standby.problem(
          "database", "found it beside the source's", "it left out: it is the source's", "");
    }
    return section.has("decode-from")
        ? ConnectionSettings.read(standby.over(cluster.section("connection")))
        : Optional.empty();
  }

  /** The slot's and publication's name where none is written; a long one ends in its hash. */
  private static String own(String pipeline, String source) {
    String full = ("tidemark_" + pipeline + "_" + source).replace('-', '_');
    return full.length() <= LONGEST_OWN
        ? full
        : "%s_%08x".formatted(full.substring(0, LONGEST_OWN - 9), full.hashCode());
  }
}
