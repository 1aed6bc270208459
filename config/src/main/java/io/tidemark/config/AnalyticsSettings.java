package io.tidemark.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The analytics database and what flows into it.
 *
 * @param target the analytics database
 * @param stateSchema where Tidemark keeps its own tables there
 * @param pseudonymKeyFile holds the key of pseudonyms; must be there where a mask needs it
 * @param memoryBytes that all pipelines of this process may hold in queues and batches together
 * @param spoolDirectory for large transactions that are not committed yet
 * @param pipelines by name, in the order of the file
 * @param analysts what is done for its readers
 */
public record AnalyticsSettings(
    ConnectionSettings target,
    String stateSchema,
    Optional<SecretFile> pseudonymKeyFile,
    long memoryBytes,
    Path spoolDirectory,
    Map<String, PipelineSettings> pipelines,
    AnalystSettings analysts) {

  /** A name in PostgreSQL that needs no quotes; 40 leaves room for what Tidemark adds. */
  static final Pattern IDENTIFIER = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

  static final String IDENTIFIER_EXPECTED =
      "a name of 1 to 40 of a-z, 0-9 and _ that begins with a letter or _";

  private static final long LEAST_MEMORY = 64L << 20;
  private static final long MOST_MEMORY = 64L << 30;

  public AnalyticsSettings {
    pipelines = Collections.unmodifiableMap(new LinkedHashMap<>(pipelines));
    boolean needsKey = pipelines.values().stream().anyMatch(PipelineSettings::needsPseudonymKey);
    Checks checks = new Checks();
    checks
        .bytesBetween("memory", memoryBytes, LEAST_MEMORY, MOST_MEMORY)
        .that(
            pseudonymKeyFile.isPresent() || !needsKey,
            "pseudonym-key-file",
            "none, and a mask that makes pseudonyms",
            "the file that holds their key");
    checkSchema(checks, "state-schema", stateSchema);
    pipelines.forEach(
        (name, pipeline) ->
            checks.that(
                !pipeline.schema().equals(stateSchema),
                "pipelines." + name + ".schema",
                "\"" + stateSchema + "\", which is state-schema",
                "a schema of its own"));
    checks.done();
  }

  static void checkSchema(Checks checks, String key, String schema) {
    checks
        .matches(IDENTIFIER, key, schema, IDENTIFIER_EXPECTED)
        .that(
            !schema.startsWith("pg_") && !schema.equals("information_schema"),
            key,
            "\"" + schema + "\", which PostgreSQL keeps for itself",
            "another name");
  }

  /** The pipeline of that name, or an error that says which there are. */
  public PipelineSettings pipeline(String name) {
    PipelineSettings found = pipelines.get(name);
    if (found == null) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "there is no pipeline \"%s\"; expected one of %s"
              .formatted(name, String.join(", ", pipelines.keySet())),
          Nearest.suggestion(name, pipelines.keySet()));
    }
    return found;
  }

  /**
   * @param clusters what stands under {@code clusters}
   */
  static Optional<AnalyticsSettings> read(
      Section section, Path stateDirectory, Map<String, Section> clusters) {
    Map<String, PipelineSettings> pipelines = new LinkedHashMap<>();
    section
        .named("pipelines", "pipeline")
        .forEach(
            (name, pipeline) ->
                PipelineSettings.read(name, pipeline, clusters)
                    .ifPresent(read -> pipelines.put(name, read)));
    ConnectionSettings target =
        ConnectionSettings.read(section.section("target")).orElseGet(ConnectionSettings::defaults);
    section.requireSomeIn("target", "how the analytics database is reached");
    section.requireSomeIn("pipelines", "a section with at least one pipeline");
    return section.build(
        () ->
            new AnalyticsSettings(
                target,
                section.get("state-schema", Kind.TEXT, "tidemark"),
                section.find("pseudonym-key-file", Kind.SECRET),
                section.get("memory", Kind.SIZE, "256MiB"),
                section
                    .find("spool-directory", Kind.PATH, "<state-directory>/analytics")
                    .orElseGet(() -> stateDirectory.resolve("analytics")),
                pipelines,
                AnalystSettings.read(section.section("analysts"))));
  }
}
