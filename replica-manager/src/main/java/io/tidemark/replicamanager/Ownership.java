package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether a replica's directory may be written to. Looked at again by whoever is about to write,
 * however little time has passed since the last observation.
 */
final class Ownership {
  private final ReplicaSpec replica;

  Ownership(ReplicaSpec replica) {
    this.replica = replica;
  }

  /**
   * Whether there is nothing yet. An empty directory in which nothing but our marker was written is
   * cleared.
   */
  boolean isVacant() {
    Path directory = replica.directory();
    try {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        return true;
      }
      if (!Files.isDirectory(directory)) {
        return false;
      }
      if (names(directory).equals(List.of(ReplicaHome.MARKER)) && isOurs(look())) {
        Files.delete(directory.resolve(ReplicaHome.MARKER));
      }
      return names(directory).isEmpty();
    } catch (IOException e) {
      throw cannotLook(e);
    }
  }

  /**
   * Throws DIRECTORY_REFUSED where it is not the directory that Tidemark has made; LOCAL_IO where
   * that cannot be seen.
   */
  ReplicaState requireOurs() {
    DirectoryView found = look();
    if (found instanceof DirectoryView.Unknown(String why)) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          replica.directory() + " cannot be looked at: " + why,
          "Check its permissions and the disk.");
    }
    if (!isOurs(found)) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          "the directory %s was not made by Tidemark for the replica %s: it is not touched"
              .formatted(replica.directory(), replica.name()),
          "Name another directory, or give this one: tidemark replica create %s --adopt"
              .formatted(replica.name()));
    }
    return replica.home().read().orElseThrow();
  }

  private DirectoryView look() {
    return DirectoryObserver.look(replica.directory(), replica.home().read());
  }

  private static boolean isOurs(DirectoryView found) {
    return switch (found) {
      case DirectoryView.Ours _, DirectoryView.Unfinished _ -> true;
      case DirectoryView.Absent _,
          DirectoryView.Empty _,
          DirectoryView.Gone _,
          DirectoryView.Foreign _,
          DirectoryView.Unknown _ ->
          false;
    };
  }

  private TidemarkException cannotLook(IOException cause) {
    return new TidemarkException(
        ErrorCode.LOCAL_IO,
        replica.directory() + " cannot be looked at: " + cause,
        "Check its permissions and the disk.",
        cause);
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
