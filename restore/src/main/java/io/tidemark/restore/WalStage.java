package io.tidemark.restore;

import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.PendingFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The directory {@code pg_wal/tidemark} of a restored data directory: what a fetcher has staged,
 * what PostgreSQL wants, and the answers. It is on pg_wal's file system, so that a staged file is
 * moved into place by a rename, and PostgreSQL's own tools leave it alone.
 *
 * <p>In {@code stage}, {@code NAME} is a file that may be taken at any time. Answers to who waits
 * are {@code NAME.open}, a segment that may hold more by the next time it is asked for, {@code
 * NAME.absent} and {@code NAME.failed}; who asks removes what is left of earlier answers first.
 */
public final class WalStage {
  private static final String OPEN = ".open";
  private static final String ABSENT = ".absent";
  private static final String FAILED = ".failed";

  private final Path home;
  private final Path stage;
  private final Path want;
  private final UserPrincipal owner;

  private WalStage(Path home, UserPrincipal owner) {
    this.home = home;
    this.stage = home.resolve("stage");
    this.want = home.resolve("want");
    this.owner = owner;
  }

  /** The stage of a data directory; made if it is not there. */
  public static WalStage of(Path dataDirectory) throws IOException {
    WalStage found =
        new WalStage(dataDirectory.resolve("pg_wal/tidemark"), Files.getOwner(dataDirectory));
    for (Path directory : new Path[] {found.home, found.stage, found.want}) {
      if (!Files.isDirectory(directory)) {
        DurableFiles.createDirectories(directory, DurableFiles.PRIVATE_DIRECTORY);
        Files.setOwner(directory, found.owner);
      }
    }
    return found;
  }

  /** The directory itself. */
  Path home() {
    return home;
  }

  /** The names that PostgreSQL is waiting for, in order. */
  Set<String> wanted() throws IOException {
    return names(want);
  }

  /** The names of the files that are staged and not taken yet, in order. */
  Set<String> staged() throws IOException {
    Set<String> names = names(stage);
    names.removeIf(
        name ->
            Stream.of(OPEN, ABSENT, FAILED).anyMatch(name::endsWith)
                || PendingFile.isTemporaryName(name));
    return names;
  }

  /** Stages a file, fsynced before it appears under its name. */
  void put(String name, ByteBuffer content) throws IOException {
    answer(name);
    write(stage.resolve(name), content);
  }

  /** Answers with a segment that may hold more by the next time. */
  void putOpen(String name, ByteBuffer content) throws IOException {
    answer(name);
    write(stage.resolve(name + OPEN), content);
  }

  /** Answers that the archive was reached and has no such file. */
  void putAbsent(String name) throws IOException {
    answer(name);
    write(stage.resolve(name + ABSENT), ByteBuffer.allocate(0));
  }

  /** Answers that it is not known whether there is such a file, or that it cannot be had. */
  void putFailed(String name, String reason) throws IOException {
    answer(name);
    write(stage.resolve(name + FAILED), text(reason + "\n"));
  }

  /** Removes a staged file that nobody wants any more. */
  void discard(String name) throws IOException {
    Files.deleteIfExists(stage.resolve(name));
  }

  /** Removes what an earlier fetcher left: nobody knows how old it is. */
  void clean() throws IOException {
    for (String name : names(stage)) {
      discard(name);
    }
  }

  /** Says which process fetches. */
  void announce(long pid) throws IOException {
    write(home.resolve("fetcher.pid"), text(pid + "\n"));
  }

  /** Says that none does. */
  void retire() throws IOException {
    Files.deleteIfExists(home.resolve("fetcher.pid"));
  }

  /** Keeps what fetchers must know of the recovery. */
  void keepWay(String way) throws IOException {
    write(home.resolve("way"), text(way));
  }

  Optional<String> way() throws IOException {
    try {
      return Optional.of(Files.readString(home.resolve("way")));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Before the answer is there: who takes it may ask for the same file again at once, and that
   * question must stay.
   */
  private void answer(String name) throws IOException {
    Files.deleteIfExists(want.resolve(name));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private void write(Path file, ByteBuffer content) throws IOException {
    try (PendingFile pending = DurableFiles.begin(file, DurableFiles.PRIVATE)) {
      pending.setOwner(owner);
      pending.write(content);
      pending.commit();
    }
  }

  private static Set<String> names(Path directory) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(directory)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }
}
