package io.tidemark.bench;

import io.tidemark.testing.OsUser;
import io.tidemark.testing.TemporaryDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** Everything that a benchmark writes lies below one directory, which is gone at the end. */
final class WorkDirectory implements AutoCloseable {
  private final TemporaryDirectory temporary;
  private final Shell shell;

  /**
   * @param parent a place that every user can reach
   */
  WorkDirectory(Path parent) {
    this.temporary = TemporaryDirectory.create(parent, "tidemark-bench-");
    OsUser.letIn(temporary.path());
    OsUser.own(temporary.path());
    this.shell = new Shell(make("shell"));
  }

  Path path() {
    return temporary.path();
  }

  /** Programs run here. */
  Shell shell() {
    return shell;
  }

  /** A new empty directory that only the servers' user can read. */
  Path make(String name) {
    Path directory = path().resolve(name);
    try {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OsUser.own(directory);
    return directory;
  }

  /** As {@link #make}; what was there before is removed. */
  Path remake(String name) {
    remove(name);
    return make(name);
  }

  void remove(String name) {
    Path path = path().resolve(name);
    if (Files.exists(path)) {
      shell.run(List.of("rm", "-rf", path.toString()));
    }
  }

  /** A file of the servers' user, closed to others. */
  Path write(String name, String text) {
    Path file = path().resolve(name);
    try {
      Files.writeString(file, text);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OsUser.own(file);
    return file;
  }

  /** Lets what was written before not be written during what is measured next. */
  void settle() {
    shell.run(List.of("sync", "-f", path().toString()));
  }

  /** Bytes of all files below. */
  static long bytes(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      long sum = 0;
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        sum += Files.size(file);
      }
      return sum;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    temporary.close();
  }
}
