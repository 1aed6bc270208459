package io.tidemark.restore;

import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.PendingFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory {@code pg_wal/tidemark} of a restored data directory: what a fetcher has staged,
 * what PostgreSQL wants, and the answers. It is on pg_wal's file system, so that a staged file is
 * moved into place by a rename, and PostgreSQL's own tools leave it alone.
 *
 * <p>In {@code stage}, {@code NAME} is a file that may be taken at any time, also after a crash of
 * anything: it is as the archive has it for ever, and durable before it has its name. Answers to
 * who waits are {@code NAME.open}, a segment that may hold more by the next time it is asked for,
 * {@code NAME.absent} and {@code NAME.failed}; who asks removes what is left of earlier answers
 * first.
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

  /** Where the server keeps a file itself. */
  Path inPgWal(String name) {
    return home.resolveSibling(name);
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
    try (Staging staging = begin(name)) {
      staging.write(content);
      staging.commit();
    }
  }

  /** Begins to stage a file, of which nothing is there before it is committed. */
  Staging begin(String name) {
    return new Staging(name);
  }

  /** A file that is being staged; closing it uncommitted removes what there is. */
  final class Staging implements AutoCloseable {
    private final String name;
    private @Nullable PendingFile file;

    private Staging(String name) {
      this.name = name;
    }

    void write(ByteBuffer piece) throws IOException {
      if (file == null) {
        file = DurableFiles.begin(stage.resolve(name), DurableFiles.PRIVATE);
        file.setOwner(owner);
      }
      file.write(piece);
    }

    /** As {@link #write}, for who hands over pieces where nothing checked can be thrown. */
    void take(ByteBuffer piece) {
      try {
        write(piece);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** After at least one piece. */
    void commit() throws IOException {
      answer(name);
      Objects.requireNonNull(file, "nothing was written").commitContent();
    }

    @Override
    public void close() throws IOException {
      if (file != null) {
        file.close();
      }
    }
  }

  /** Answers with a segment that may hold more by the next time. */
  void putOpen(String name, ByteBuffer content) throws IOException {
    answer(name);
    write(stage.resolve(name + OPEN), content, PendingFile::commitContent);
  }

  /** Answers that the archive was reached and has no such file. */
  void putAbsent(String name) throws IOException {
    answer(name);
    write(stage.resolve(name + ABSENT), ByteBuffer.allocate(0), PendingFile::commitContent);
  }

  /** Answers that it is not known whether there is such a file, or that it cannot be had. */
  void putFailed(String name, String reason) throws IOException {
    answer(name);
    write(stage.resolve(name + FAILED), text(reason + "\n"), PendingFile::commitContent);
  }

  /** Removes a staged file that nobody wants any more. */
  void discard(String name) throws IOException {
    Files.deleteIfExists(stage.resolve(name));
  }

  /** Removes everything but {@code kept}: answers that are out of date, and unfinished files. */
  void keepOnly(Set<String> kept) throws IOException {
    for (String name : names(stage)) {
      if (!kept.contains(name)) {
        discard(name);
      }
    }
  }

  /** How long a staged file is, in bytes; 0 where it was taken meanwhile. */
  long length(String name) throws IOException {
    try {
      return Files.size(stage.resolve(name));
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** Says which process fetches. */
  void announce(long pid) throws IOException {
    write(home.resolve("fetcher.pid"), text(pid + "\n"), PendingFile::commitContent);
    Files.deleteIfExists(home.resolve("starting"));
  }

  /** Says that none does. */
  void retire() throws IOException {
    Files.deleteIfExists(home.resolve("fetcher.pid"));
  }

  /** Keeps what fetchers must know of the recovery. */
  void keepWay(String way) throws IOException {
    write(home.resolve("way"), text(way), PendingFile::commit);
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

  private interface Commit {
    void of(PendingFile file) throws IOException;
  }

  private void write(Path file, ByteBuffer content, Commit commit) throws IOException {
    try (PendingFile pending = DurableFiles.begin(file, DurableFiles.PRIVATE)) {
      pending.setOwner(owner);
      pending.write(content);
      commit.of(pending);
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
