package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PendingFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The password file by which a replica's server, and pg_rewind, reach the primary. */
final class Passfile {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Passfile() {}

  /**
   * Writes it for the owner of the data directory, as the configured passwords are now.
   *
   * @throws TidemarkException SECRET_UNUSABLE where that user cannot read it there; LOCAL_IO
   */
  static void write(ReplicaSpec replica) {
    Optional<String> lines = Conninfo.passfile(replica);
    if (lines.isEmpty()) {
      return;
    }
    Path file = replica.home().passfile();
    try (PendingFile pending = begin(replica, file)) {
      pending.setOwner(Files.getOwner(replica.directory()));
      pending.write(ByteBuffer.wrap(lines.get().getBytes(StandardCharsets.UTF_8)));
      pending.commit();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "the password file " + file + " cannot be written: " + e,
          "Check the state directory's permissions and the disk.",
          e);
    }
    requireReadable(replica, file);
  }

  private static PendingFile begin(ReplicaSpec replica, Path file) throws IOException {
    replica.home().create();
    return DurableFiles.begin(file, DurableFiles.PRIVATE);
  }

  /** Otherwise the server would only say that no password was supplied. */
  private static void requireReadable(ReplicaSpec replica, Path file) {
    List<String> command =
        LocalCommand.asOwnerOf(replica.directory(), List.of("test", "-r", file.toString()));
    if (LocalCommand.run(command, Path.of("/"), LIMIT).exitCode() != 0) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "the owner of %s cannot reach the password file %s".formatted(replica.directory(), file),
          "Let him pass through the directories above it: chmod o+x");
    }
  }
}
