package io.tidemark.demo;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.testing.OsUser;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * Installs the running program a second time, as {@code bin/tidemark} beside {@code lib}. The
 * restored server calls it for WAL: as its own user, who may not reach the checkout, and without a
 * build on the way.
 */
final class Installation {
  private final DemoHome home;
  private int jars;

  private Installation(DemoHome home) {
    this.home = home;
  }

  /** Gives the launcher. */
  static Path into(DemoHome home) {
    try {
      return new Installation(home).install();
    } catch (IOException e) {
      throw new UncheckedIOException("the program cannot be installed in " + home.path(), e);
    }
  }

  private Path install() throws IOException {
    Path original = originalLauncher();
    Path launcher = home.resolve("bin/tidemark");
    copy(original, launcher, "rwxr-xr-x");
    copy(original.resolveSibling(".mvn/find-jdk.sh"), home.resolve("lib/find-jdk.sh"), "rw-r--r--");
    String classPath = System.getProperty("java.class.path", "");
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      if (!entry.isEmpty()) {
        add(Path.of(entry).toAbsolutePath());
      }
    }
    return launcher;
  }

  private static Path originalLauncher() throws IOException {
    Optional<Path> found =
        Stream.of(
                Optional.ofNullable(System.getProperty("tidemark.launcher")).map(Path::of),
                Optional.ofNullable(System.getProperty("tidemark.root"))
                    .map(root -> Path.of(root).resolve("tidemark")))
            .flatMap(Optional::stream)
            .filter(path -> Files.exists(path.resolveSibling(".mvn/find-jdk.sh")))
            .findFirst();
    return found
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.SOFTWARE_MISSING,
                    "the demo found no source checkout around it; expected to run from one",
                    "git clone Tidemark and run ./tidemark demo there"))
        .toRealPath();
  }

  private void add(Path entry) throws IOException {
    Path target = home.resolve("lib/%03d-%s".formatted(++jars, jarName(entry)));
    if (Files.isDirectory(entry)) {
      pack(entry, target);
    } else if (Files.exists(entry)) {
      Path parent = entry.getParent();
      if (parent != null && OsUser.canTraverse(parent)) {
        Files.createSymbolicLink(target, entry);
      } else {
        copy(entry, target, "rw-r--r--");
      }
    }
  }

  private static String jarName(Path entry) {
    String name = String.valueOf(entry.getFileName());
    return name.endsWith(".jar") ? name : name + ".jar";
  }

  /** Classes as the build and development environments leave them. */
  private static void pack(Path classes, Path jar) throws IOException {
    try (Stream<Path> tree = Files.walk(classes);
        JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      List<Path> files = tree.filter(Files::isRegularFile).toList();
      for (Path file : files) {
        out.putNextEntry(
            new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }

  private static void copy(Path from, Path to, String mode) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString(mode));
  }
}
