package io.tidemark.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;

/**
 * The configuration files that a data directory of Debian's does not have, because they are in
 * /etc: without them no server starts. What is written lets nobody in without his password.
 */
final class MissingConfiguration {
  private static final String WHY =
      "# Written by tidemark: the source keeps its own outside of its data directory.\n";

  private static final Map<String, String> FILES =
      Map.of(
          "postgresql.conf",
          WHY + "# What tidemark sets is in postgresql.auto.conf, and has precedence.\n",
          "pg_hba.conf",
          WHY
              + """
              local all         all              peer
              host  all         all 127.0.0.1/32 scram-sha-256
              host  all         all ::1/128      scram-sha-256
              local replication all              peer
              host  replication all 127.0.0.1/32 scram-sha-256
              host  replication all ::1/128      scram-sha-256
              """,
          "pg_ident.conf",
          WHY);

  private final PathResolver paths;

  MissingConfiguration(PathResolver paths) {
    this.paths = paths;
  }

  /** Writes those that are not there. */
  void write() {
    try {
      for (Map.Entry<String, String> file : FILES.entrySet()) {
        if (!Files.exists(paths.root().resolve(file.getKey()))) {
          paths.write(file.getKey(), file.getValue().getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("write configuration files in", paths.root(), e);
    }
  }
}
