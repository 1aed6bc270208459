package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gives a replica up: stops its server, and lets its feed keep no WAL for it any more. */
public final class Drop {
  private final ReplicaSpec replica;
  private final ReplicaControl control;

  /**
   * What was done.
   *
   * @param stopped whether a server ran
   * @param slotDropped false also where there was none
   * @param slotProblem why it may still be there
   */
  public record Dropped(
      boolean stopped,
      boolean slotDropped,
      Optional<String> slotProblem,
      boolean directoryDeleted) {}

  public Drop(ReplicaSpec replica) {
    this.replica = replica;
    this.control = new ReplicaControl(replica);
  }

  /**
   * Drops it. That it is to be gone is on record first, so that the daemon does not make it anew.
   *
   * @param deleteDirectory whether its files go, too; tablespaces elsewhere stay
   * @throws TidemarkException POSTGRES_REFUSED where it is a primary; DIRECTORY_REFUSED where the
   *     files are not Tidemark's
   */
  public Dropped run(boolean deleteDirectory) {
    Optional<ReplicaState> before = replica.home().read();
    boolean stopped =
        before.filter(state -> !(state.wish() instanceof Wish.Dropped)).isPresent() && giveUp();
    Optional<String> problem = Optional.empty();
    boolean slotDropped = false;
    try {
      slotDropped = dropSlot();
    } catch (TidemarkException e) {
      problem = Optional.of(e.getMessage());
    }
    boolean there = Files.isDirectory(replica.directory(), LinkOption.NOFOLLOW_LINKS);
    if (deleteDirectory && there) {
      requireMarked(before);
      delete();
    }
    return new Dropped(stopped, slotDropped, problem, deleteDirectory && there);
  }

  private boolean giveUp() {
    boolean there = Files.isDirectory(replica.directory(), LinkOption.NOFOLLOW_LINKS);
    if (!there) {
      replica.home().write(replica.home().read().orElseThrow().with(new Wish.Dropped()));
      return false;
    }
    ReplicaState state = new Ownership(replica).requireOurs();
    if (state.work() == ReplicaState.Work.BUILDING) {
      control.wish(new Wish.Dropped());
      return false;
    }
    Pausing.requireStandby(replica, control.standing());
    control.wish(new Wish.Dropped());
    boolean ran = control.server().isRunning();
    control.server().stop();
    return ran;
  }

  private boolean dropSlot() {
    return replica.feed().isPresent()
        && replica.slot().isPresent()
        && new FeedSlot(replica.feed().get(), replica.slot().get()).drop();
  }

  /** What was dropped before is ours by its marker alone. */
  private void requireMarked(Optional<ReplicaState> before) {
    Optional<String> expected =
        before
            .filter(state -> state.directory().equals(replica.directory()))
            .map(ReplicaState::buildId);
    try {
      if (expected.isPresent() && expected.equals(ReplicaHome.markOf(replica.directory()))) {
        return;
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, replica.directory() + " cannot be looked at: " + e, "", e);
    }
    throw new TidemarkException(
        ErrorCode.DIRECTORY_REFUSED,
        replica.directory() + " has no marker of Tidemark's for " + replica.name(),
        "It is not deleted. Delete it by hand, if it is what you think it is.");
  }

  /** The marker goes last: what is left of a broken off deletion stays ours. */
  private void delete() {
    Path directory = replica.directory();
    Path marker = directory.resolve(ReplicaHome.MARKER);
    try {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          if (!entry.equals(marker)) {
            deleteTree(entry);
          }
        }
      }
      Files.delete(marker);
      Files.delete(directory);
      replica.home().deleteState();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          directory + " cannot be deleted: " + e,
          "Delete what is left of it by hand.",
          e);
    }
  }

  /** Links are removed, not followed. */
  private static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
