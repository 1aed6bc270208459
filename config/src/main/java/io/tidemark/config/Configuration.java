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

/**
 * What the operator asked for.
 *
 * @param file where it was read
 * @param runDirectory for what need not outlive a reboot: the daemon's lock, pushed segments
 * @param stateDirectory for the spool
 * @param repositories by name, in the order of the file
 * @param clusters by name, in the order of the file
 */
public record Configuration(
    Path file,
    LogSettings log,
    HttpSettings http,
    Path runDirectory,
    Path stateDirectory,
    Map<String, RepositorySettings> repositories,
    Map<String, ClusterSettings> clusters) {

  private static final int LARGEST_BYTES = 1 << 20;

  public Configuration {
    repositories = Collections.unmodifiableMap(new LinkedHashMap<>(repositories));
    clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
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
    ClusterSettings cluster = clusters.get(name);
    if (cluster == null) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "there is no cluster \""
              + name
              + "\" in "
              + file
              + "; expected one of "
              + String.join(", ", clusters.keySet()),
          Nearest.suggestion(name, clusters.keySet()));
    }
    return cluster;
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
    return secrets.stream().flatMap(Optional::stream).distinct().toList();
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
    Map<String, ClusterSettings> clusters = clusters(top, sections.keySet());
    top.requireSomeIn("repositories", "a section with at least one repository");
    top.requireSomeIn("clusters", "a section with at least one cluster");
    return top.build(
        () ->
            new Configuration(
                file,
                LogSettings.read(top.section("log")),
                HttpSettings.read(top.section("http")),
                top.get("run-directory", Kind.PATH, "/run/tidemark"),
                top.get("state-directory", Kind.PATH, "/var/lib/tidemark"),
                repositories,
                clusters));
  }

  private static Map<String, ClusterSettings> clusters(Section top, Set<String> repositories) {
    Map<String, ClusterSettings> clusters = new LinkedHashMap<>();
    Set<List<Object>> slots = new HashSet<>();
    top.named("clusters", "cluster")
        .forEach(
            (name, section) ->
                ClusterSettings.read(name, section, repositories)
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
