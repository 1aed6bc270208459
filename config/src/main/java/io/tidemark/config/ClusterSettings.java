package io.tidemark.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * One PostgreSQL cluster and everything that is done for it.
 *
 * @param repository a key of {@link Configuration#repositories()}
 * @param dataDirectory of the server that backups read, on this machine; empty: ask the server
 * @param binDirectory of PostgreSQL's programs; empty: found by the server's version
 */
public record ClusterSettings(
    String name,
    String repository,
    ConnectionSettings connection,
    Optional<Path> dataDirectory,
    Optional<Path> binDirectory,
    ArchiveSettings archive,
    BackupSettings backup,
    RetentionSettings retention,
    RestoreSettings restore,
    HeartbeatSettings heartbeat) {

  /**
   * @param hasReplicas whether the file has replicas of it
   */
  static Optional<ClusterSettings> read(
      String name, Section section, Set<String> repositories, boolean hasReplicas) {
    String repository = section.require("repository", Kind.TEXT);
    if (!repositories.contains(repository)) {
      section.problem(
          "repository",
          "found \"" + repository + "\", which is no repository of this file",
          repositories.isEmpty() ? "a repository" : "one of " + String.join(", ", repositories),
          Nearest.suggestion(repository, repositories));
    }
    Section connection = section.section("connection");
    ConnectionSettings server =
        ConnectionSettings.read(connection).orElseGet(ConnectionSettings::defaults);
    return section.build(
        () ->
            new ClusterSettings(
                name,
                repository,
                server,
                section.find("data-directory", Kind.PATH),
                section.find("bin-directory", Kind.PATH),
                ArchiveSettings.read(name, section.section("archive")),
                BackupSettings.read(section.section("backup"), connection),
                RetentionSettings.read(section.section("retention")),
                RestoreSettings.read(section.section("restore")),
                HeartbeatSettings.read(section.section("heartbeat"), hasReplicas)));
  }
}
