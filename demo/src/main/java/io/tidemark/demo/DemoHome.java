package io.tidemark.demo;

import io.tidemark.testing.OsUser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The temporary folder of a demo, which belongs to the user that servers run as. A shell guards it:
 * at close, or when this JVM is killed, it ends what still runs in there and removes it all.
 */
final class DemoHome implements AutoCloseable {
  private static final long GUARD_SECONDS = 30;

  private final Path path;
  private final Process guard;

  private DemoHome(Path path, Process guard) {
    this.path = path;
    this.guard = guard;
  }

  static DemoHome create() {
    try {
      Path path = makeFolder();
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      DemoHome home = new DemoHome(path, guard(path));
      for (String name : new String[] {"logs", "run", "state", "secrets", "bin", "lib"}) {
        Files.createDirectory(path.resolve(name));
      }
      OsUser.own(path);
      return home;
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary folder can be made for the demo", e);
    }
  }

  /** With a name that people can type. */
  private static Path makeFolder() throws IOException {
    String name = "tidemark-demo-" + ProcessHandle.current().pid();
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    Path folder = temporary.resolve(name);
    return Files.exists(folder)
        ? Files.createTempDirectory(temporary, name + "-")
        : Files.createDirectory(folder);
  }

  Path path() {
    return path;
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  /** Writes a file for the servers' user alone. */
  Path writePrivate(String name, String content) {
    Path file = resolve(name);
    try {
      Files.writeString(file, content);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      OsUser.own(file);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a directory of this process. */
  Path makeDirectory(String name) {
    try {
      return Files.createDirectory(resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      guard.getOutputStream().close();
      if (!guard.waitFor(GUARD_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(path + " is still being removed");
      }
      if (Files.exists(path)) {
        throw new IllegalStateException(path + " could not be removed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted; " + path + " is being removed", e);
    }
  }

  private static Process guard(Path path) throws IOException {
    return new ProcessBuilder("sh", "-c", script(), "guard", path.toString())
        .directory(Path.of("/").toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String script() throws IOException {
    try (InputStream in = DemoHome.class.getResourceAsStream("guard.sh")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
