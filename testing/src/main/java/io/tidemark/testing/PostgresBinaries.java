package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The programs of one PostgreSQL major: unpacked from the embedded distribution (initdb, pg_ctl and
 * postgres only, with all of contrib), or installed on the host with every client tool.
 *
 * @param major for example 17
 * @param bin the directory that holds {@code postgres}
 */
public record PostgresBinaries(int major, Path bin) {
  /** The oldest major that Tidemark supports. */
  public static final int OLDEST = 15;

  /** The newest major that Tidemark supports. */
  public static final int NEWEST = 18;

  /** Every supported major, oldest first; fit for {@code @MethodSource}. */
  public static List<Integer> majors() {
    return IntStream.rangeClosed(OLDEST, NEWEST).boxed().toList();
  }

  /**
   * The embedded distribution of a major, unpacked if need be. Looks for the jars in the directory
   * named by the system property {@code tidemark.postgres.binaries}, and unpacks into the one of
   * {@code tidemark.postgres.cache}.
   */
  public static PostgresBinaries of(int major) {
    return of(major, Path.of(required("tidemark.postgres.cache")));
  }

  /** As above, with another cache. One that servers cannot reach is replaced by a temporary one. */
  public static PostgresBinaries of(int major, Path cache) {
    return of(major, Path.of(required("tidemark.postgres.binaries")), cache);
  }

  /** As above, with the directory that holds {@code postgres-<major>.jar}. */
  public static PostgresBinaries of(int major, Path jars, Path cache) {
    Path jar = jars.resolve("postgres-" + major + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw new IllegalArgumentException(
          "no " + jar + ": PostgreSQL " + OLDEST + " to " + NEWEST + " are put there by the build");
    }
    return new PostgresBinaries(major, PostgresUnpacker.unpack(jar, major, cache).resolve("bin"));
  }

  /**
   * The newest supported major that the host has installed where Debian puts it, with
   * pg_basebackup, pg_verifybackup, pg_waldump and the other tools; empty where there is none.
   */
  public static Optional<PostgresBinaries> debian() {
    return majors().reversed().stream().flatMap(major -> debian(major).stream()).findFirst();
  }

  /** One major as Debian installs it; empty where it is not installed. */
  public static Optional<PostgresBinaries> debian(int major) {
    Path bin = Path.of("/usr/lib/postgresql/" + major + "/bin");
    return Files.isExecutable(bin.resolve("pg_verifybackup"))
        ? Optional.of(new PostgresBinaries(major, bin))
        : Optional.empty();
  }

  /**
   * An installation of the host that has a program beside {@code postgres}: the newest that Debian
   * has, or one on PATH; empty where there is none. Fit for tests with {@link NeedsTool}.
   */
  public static Optional<PostgresBinaries> having(String program) {
    return NeedsCondition.find(program)
        .map(path -> real(path).getParent())
        .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
        .map(bin -> new PostgresBinaries(majorOf(bin), bin));
  }

  private static int majorOf(Path bin) {
    return Integer.parseInt(new PostgresBinaries(0, bin).version().replaceAll("[^0-9].*", ""));
  }

  /** Whether this distribution has the program. */
  public boolean has(String program) {
    return Files.isExecutable(bin.resolve(program));
  }

  /** The path of a program; IllegalStateException where this distribution lacks it. */
  public Path program(String name) {
    if (!has(name)) {
      throw new IllegalStateException("no " + name + " in " + bin);
    }
    return bin.resolve(name);
  }

  /**
   * Runs a program to its end, as the servers' user when root, and gives back what it printed on
   * both outputs. IllegalStateException with that output when it fails or takes two minutes.
   */
  public String run(String program, Object... arguments) {
    return Command.run(OsUser.unprivileged(command(program, arguments))).orThrow().output();
  }

  List<String> command(String program, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program(program).toString());
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    return command;
  }

  /** How {@code postgres --version} calls itself, for example {@code 17.11}. */
  public String version() {
    String line = run("postgres", "--version").strip();
    return line.substring(line.indexOf(") ") + 2);
  }

  static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(
          "system property " + property + " is not set; the build sets it for tests");
    }
    return value;
  }
}
