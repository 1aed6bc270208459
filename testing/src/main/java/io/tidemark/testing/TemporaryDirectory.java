package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A new directory that every user can pass through (JUnit's {@code @TempDir} is closed to the user
 * that PostgreSQL runs as), gone with everything in it at close, or else when the JVM ends.
 */
public final class TemporaryDirectory implements AutoCloseable {
  private final Path path;
  private final Thread net;

  private TemporaryDirectory(Path path) {
    this.path = path;
    this.net = Thread.ofPlatform().unstarted(() -> delete(path));
    Runtime.getRuntime().addShutdownHook(net);
  }

  /** A new directory below {@code java.io.tmpdir}. */
  public static TemporaryDirectory create(String prefix) {
    return create(Path.of(System.getProperty("java.io.tmpdir")), prefix);
  }

  /** A new directory below the parent, which is made if it is missing. */
  public static TemporaryDirectory create(Path parent, String prefix) {
    try {
      Path path = Files.createTempDirectory(Files.createDirectories(parent), prefix);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      return new TemporaryDirectory(path.toAbsolutePath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() {
    delete(path);
    ShutdownNet.remove(net);
  }

  /** Deletes a tree, not following links; what vanishes meanwhile is no error. */
  static void delete(Path tree) {
    try {
      Files.walkFileTree(tree, new Deleter());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + tree, e);
    }
  }

  private static final class Deleter extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
        throws IOException {
      if (e != null && !(e instanceof NoSuchFileException)) {
        throw e;
      }
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
