package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.ReplicaState.Work;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Looks at what lies where a replica is to be. A directory is ours if the state names it and its
 * marker has the state's build identifier; anything else is foreign, whatever it looks like.
 */
final class DirectoryObserver {
  /** What a restore leaves in a directory until it is whole: the system identifier. */
  private static final String RESTORING = "tidemark.restoring";

  private static final String SIGNAL = "standby.signal";

  private DirectoryObserver() {}

  static DirectoryView look(Path directory, Optional<ReplicaState> state) {
    Optional<ReplicaState> named =
        state.filter(known -> known.directory().equals(directory)).filter(known -> !gone(known));
    try {
      if (isAbsent(directory)) {
        return named
            .filter(known -> known.work() != Work.BUILDING)
            .<DirectoryView>map(_ -> new DirectoryView.Gone(gone("does not exist")))
            .orElseGet(DirectoryView.Absent::new);
      }
      if (isEmpty(directory)) {
        return named
            .filter(known -> known.work() != Work.BUILDING)
            .<DirectoryView>map(_ -> new DirectoryView.Gone(gone("is empty")))
            .orElseGet(DirectoryView.Empty::new);
      }
      return named.isEmpty() ? foreign(directory, state) : look(directory, named.get());
    } catch (IOException e) {
      return new DirectoryView.Unknown(e.toString());
    } catch (TidemarkException e) {
      return new DirectoryView.Unknown(e.getMessage());
    }
  }

  private static boolean gone(ReplicaState state) {
    return state.wish() instanceof Wish.Dropped;
  }

  private static String gone(String how) {
    return "the directory that was built %s: perhaps its disk is not mounted".formatted(how);
  }

  private static DirectoryView foreign(Path directory, Optional<ReplicaState> state) {
    return new DirectoryView.Foreign(
        state
            .filter(known -> !known.directory().equals(directory))
            .map(known -> "the replica was built in " + known.directory())
            .orElse("it is not empty, and Tidemark has not made it"));
  }

  private static DirectoryView look(Path directory, ReplicaState state) throws IOException {
    Optional<String> mark = ReplicaHome.markOf(directory);
    if (mark.isPresent() && !mark.get().equals(state.buildId())) {
      return new DirectoryView.Foreign("another Tidemark, or an earlier build, has marked it");
    }
    if (mark.isEmpty() && !isOfOurWork(directory, state)) {
      return new DirectoryView.Foreign(
          "it has no %s of ours: something else was put in its place"
              .formatted(ReplicaHome.MARKER));
    }
    boolean restoring = Files.exists(directory.resolve(RESTORING), LinkOption.NOFOLLOW_LINKS);
    if (state.work() == Work.BUILDING
        || restoring
        || !Files.isRegularFile(directory.resolve(ControlFile.PATH))) {
      return new DirectoryView.Unfinished("it was not built to its end");
    }
    return new DirectoryView.Ours(
        ControlFileReader.read(directory),
        Files.exists(directory.resolve(SIGNAL)),
        state.work() == Work.REJOINING);
  }

  /** Builds and pg_rewind write the marker late, or remove it. */
  private static boolean isOfOurWork(Path directory, ReplicaState state) throws IOException {
    if (state.work() == Work.NONE) {
      return false;
    }
    Path restoring = directory.resolve(RESTORING);
    String expected = state.systemId().toString();
    if (Files.isRegularFile(restoring, LinkOption.NOFOLLOW_LINKS)) {
      return Files.readString(restoring, StandardCharsets.ISO_8859_1).strip().equals(expected);
    }
    return Files.isRegularFile(directory.resolve(ControlFile.PATH))
        && systemIdOf(directory).filter(state.systemId()::equals).isPresent();
  }

  private static Optional<SystemId> systemIdOf(Path directory) {
    return Optional.of(ControlFileReader.read(directory).systemId());
  }

  private static boolean isAbsent(Path directory) {
    return !Files.exists(directory, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }
}
