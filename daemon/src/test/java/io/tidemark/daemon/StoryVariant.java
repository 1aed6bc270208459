package io.tidemark.daemon;

import io.tidemark.repository.Compression;
import io.tidemark.repository.Keyring;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the long story is told with on one major, so that all of them together meet every choice.
 *
 * @param promotesRestored whether the second timeline begins on a restored copy, else on a standby
 */
record StoryVariant(
    int major,
    int segmentMegabytes,
    Compression.Algorithm compression,
    boolean encrypted,
    boolean s3,
    boolean tablespace,
    boolean promotesRestored) {
  private static final String TABLESPACE = "aside";

  static StoryVariant of(int major) {
    return switch (major) {
      case 15 -> new StoryVariant(15, 16, Compression.Algorithm.ZSTD, false, false, false, false);
      case 16 -> new StoryVariant(16, 1, Compression.Algorithm.LZ4, true, false, false, false);
      case 17 -> new StoryVariant(17, 1, Compression.Algorithm.ZSTD, false, true, false, true);
      default -> new StoryVariant(major, 16, Compression.Algorithm.NONE, false, false, true, true);
    };
  }

  PostgresBinaries binaries() {
    return PostgresBinaries.of(major);
  }

  TestClusterBuilder cluster() {
    TestClusterBuilder builder =
        TestCluster.builder(binaries())
            .walSegmentMegabytes(segmentMegabytes)
            .fsync(false)
            .setting("wal_keep_size", "1GB");
    return tablespace ? builder.tablespace(TABLESPACE) : builder;
  }

  /** With a key file in the directory, where content is encrypted. */
  RepositoryOptions options(Path directory) {
    Optional<Path> keyFile =
        encrypted ? Optional.of(directory.resolve("keyset.json")) : Optional.empty();
    keyFile.ifPresent(Keyring::generateKeyFile);
    return new RepositoryOptions(
        new Compression(compression, 3), keyFile, new Writer("test", 1, "0.1"));
  }

  /** A clause for CREATE TABLE. */
  String inTablespace() {
    return tablespace ? "TABLESPACE " + TABLESPACE : "";
  }
}
