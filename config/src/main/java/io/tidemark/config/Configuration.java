package io.tidemark.config;

import io.tidemark.config.Reading.KnownKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the operator asked for.
 *
 * @param file where it was read
 * @param runDirectory for what need not outlive a reboot: the daemon's lock, pushed segments
 * @param stateDirectory for the spool
 * @param repositories by name, in the order of the file
 * @param clusters by name, in the order of the file
 * @param replicas by name, in the order of the file; may be none
 * @param analytics empty where the file has no such section
 */
public record Configuration(
    Path file,
    LogSettings log,
    HttpSettings http,
    Path runDirectory,
    Path stateDirectory,
    Map<String, RepositorySettings> repositories,
    Map<String, ClusterSettings> clusters,
    Map<String, ReplicaSettings> replicas,
    Optional<AnalyticsSettings> analytics) {

  private static final int LARGEST_BYTES = 1 << 20;

  public Configuration {
    repositories = Collections.unmodifiableMap(new LinkedHashMap<>(repositories));
    clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    replicas = Collections.unmodifiableMap(new LinkedHashMap<>(replicas));
  }

  /**
   * Reads and checks a file. Secrets files are named in it and not opened.
   *
   * @throws ConfigException with every problem of the file
   */
  public static Configuration load(Path file) {
    return parse(file, text(file));
  }

  /**
   * Checks what a file would hold.
   *
   * @param file for messages only
   * @throws ConfigException with every problem of the text
   */
  public static Configuration parse(Path file, String yaml) {
    Reading reading = new Reading(file);
    Optional<Configuration> configuration = read(file, yaml, reading);
    reading.throwProblems();
    return configuration.orElseThrow();
  }

  /** The cluster of that name, or an error that says which there are. */
  public ClusterSettings cluster(String name) {
    return named("cluster", name, clusters);
  }

  /** The replica of that name, or an error that says which there are. */
  public ReplicaSettings replica(String name) {
    return named("replica", name, replicas);
  }

  /** The analytics database, or an error that says that there is none. */
  public AnalyticsSettings requireAnalytics() {
    return analytics.orElseThrow(
        () ->
            new TidemarkException(
                ErrorCode.USAGE,
                "there is no analytics database in " + file + "; expected a section analytics",
                "docs/OPERATIONS.md has an example"));
  }

  /** The replicas of a cluster, in the order of the file. */
  public List<ReplicaSettings> replicasOf(ClusterSettings cluster) {
    return replicas.values().stream()
        .filter(replica -> replica.cluster().equals(cluster.name()))
        .toList();
  }

  private <T> T named(String what, String name, Map<String, T> known) {
    T found = known.get(name);
    if (found == null) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "there is no %s \"%s\" in %s; expected %s"
              .formatted(
                  what,
                  name,
                  file,
                  known.isEmpty()
                      ? "a section " + what + "s with it"
                      : "one of " + String.join(", ", known.keySet())),
          Nearest.suggestion(name, known.keySet()));
    }
    return found;
  }

  /** The repository that a cluster of this configuration uses. */
  public RepositorySettings repositoryOf(ClusterSettings cluster) {
    return Optional.ofNullable(repositories.get(cluster.repository())).orElseThrow();
  }

  /** Every secrets file that is named, so that a start can check all of them. */
  public List<SecretFile> secrets() {
    List<Optional<SecretFile>> secrets = new ArrayList<>();
    for (RepositorySettings repository : repositories.values()) {
      secrets.add(repository.encryptionKeyFile());
      if (repository.store() instanceof S3Settings s3) {
        secrets.add(s3.accessKeyIdFile());
        secrets.add(s3.secretAccessKeyFile());
      }
    }
    for (ClusterSettings cluster : clusters.values()) {
      secrets.addAll(secrets(cluster.connection()));
      cluster.backup().standby().ifPresent(standby -> secrets.addAll(secrets(standby)));
    }
    for (ReplicaSettings replica : replicas.values()) {
      secrets.add(
          replica.read().flatMap(ReadSettings::role).flatMap(ReadSettings.Role::passwordFile));
    }
    analytics.ifPresent(warehouse -> secrets.addAll(secrets(warehouse)));
    return secrets.stream().flatMap(Optional::stream).distinct().toList();
  }

  private static List<Optional<SecretFile>> secrets(AnalyticsSettings analytics) {
    List<Optional<SecretFile>> secrets = new ArrayList<>(secrets(analytics.target()));
    secrets.add(analytics.pseudonymKeyFile());
    for (PipelineSettings pipeline : analytics.pipelines().values()) {
      for (SourceSettings source : pipeline.sources().values()) {
        source.decodeFrom().ifPresent(standby -> secrets.addAll(secrets(standby)));
      }
    }
    return secrets;
  }

  private static List<Optional<SecretFile>> secrets(ConnectionSettings connection) {
    return List.of(connection.passwordFile(), connection.passfile(), connection.sslkey());
  }

  /** Every key that a reading of this text asks for. */
  static List<KnownKey> knownKeys(String yaml) {
    Reading reading = new Reading(Path.of("known.yaml"));
    read(Path.of("known.yaml"), yaml, reading);
    return reading.known();
  }

  private static Optional<Configuration> read(Path file, String yaml, Reading reading) {
    Section top = Section.root(reading, YamlReader.read(yaml, reading));
    Map<String, RepositorySettings> repositories = new LinkedHashMap<>();
    Map<String, Section> sections = top.named("repositories", "repository");
    sections.forEach(
        (name, section) ->
            RepositorySettings.read(name, section)
                .ifPresent(repository -> repositories.put(name, repository)));
    Map<String, Section> standbys = top.named("replicas", "replica");
    Map<String, ClusterSettings> clusters = clusters(top, sections.keySet(), standbys);
    Map<String, ReplicaSettings> replicas = replicas(top, standbys);
    new ReplicaRules(clusters, replicas, standbys).check();
    Path stateDirectory = top.get("state-directory", Kind.PATH, "/var/lib/tidemark");
    Optional<AnalyticsSettings> analytics = analytics(top, stateDirectory, clusters, replicas);
    top.requireSomeIn("repositories", "a section with at least one repository");
    top.requireSomeIn("clusters", "a section with at least one cluster");
    return top.build(
        () ->
            new Configuration(
                file,
                LogSettings.read(top.section("log")),
                HttpSettings.read(top.section("http")),
                top.get("run-directory", Kind.PATH, "/run/tidemark"),
                stateDirectory,
                repositories,
                clusters,
                replicas,
                analytics));
  }

  private static Optional<AnalyticsSettings> analytics(
      Section top,
      Path stateDirectory,
      Map<String, ClusterSettings> clusters,
      Map<String, ReplicaSettings> replicas) {
    Section section = top.section("analytics");
    if (!top.has("analytics")) {
      return Optional.empty();
    }
    Optional<AnalyticsSettings> analytics =
        AnalyticsSettings.read(section, stateDirectory, top.named("clusters", "cluster"));
    analytics.ifPresent(read -> new AnalyticsRules(clusters, replicas, section).check(read));
    return analytics;
  }

  private static Map<String, ReplicaSettings> replicas(Section top, Map<String, Section> sections) {
    Map<String, ReplicaSettings> replicas = new LinkedHashMap<>();
    sections.forEach(
        (name, section) -> {
          if (!ReplicaSettings.NAME.matcher(name).matches()) {
            top.section("replicas")
                .problem(
                    name, "found the name \"" + name + "\"", ReplicaSettings.NAME_EXPECTED, "");
            return;
          }
          ReplicaSettings.read(name, section).ifPresent(replica -> replicas.put(name, replica));
        });
    return replicas;
  }

  private static Map<String, ClusterSettings> clusters(
      Section top, Set<String> repositories, Map<String, Section> replicas) {
    Set<String> replicated =
        replicas.values().stream()
            .map(section -> section.peek("cluster"))
            .collect(Collectors.toUnmodifiableSet());
    Map<String, ClusterSettings> clusters = new LinkedHashMap<>();
    Set<List<Object>> slots = new HashSet<>();
    top.named("clusters", "cluster")
        .forEach(
            (name, section) ->
                ClusterSettings.read(name, section, repositories, replicated.contains(name))
                    .ifPresent(
                        cluster -> {
                          checkSlot(slots, section, cluster);
                          clusters.put(name, cluster);
                        }));
    return clusters;
  }

  private static void checkSlot(Set<List<Object>> slots, Section section, ClusterSettings cluster) {
    ConnectionSettings server = cluster.connection();
    String slot = cluster.archive().slot();
    if (cluster.archive().enabled()
        && cluster.archive().method() == ArchiveSettings.Method.STREAM
        && !slots.add(List.of(server.hosts(), server.port(), slot))) {
      section
          .section("archive")
          .problem(
              "slot",
              "found \"" + slot + "\", which another cluster uses on the same server",
              "a slot of its own",
              "");
    }
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LARGEST_BYTES + 1);
      if (bytes.length > LARGEST_BYTES) {
        throw unreadable(file, "found more than 1 MiB", "a file of at most 1 MiB");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw unreadable(file, "found bytes that are not UTF-8", "UTF-8 text");
    } catch (IOException e) {
      throw unreadable(file, "cannot be read (" + e + ")", "a readable file");
    }
  }

  private static ConfigException unreadable(Path file, String found, String expected) {
    return new ConfigException(
        file,
        List.of(new Problem(file, 0, 0, "", found, expected, "")),
        "name the configuration with --config FILE");
  }
}
