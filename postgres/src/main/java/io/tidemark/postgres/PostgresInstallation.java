package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * PostgreSQL's programs of one major on this machine.
 *
 * @param binDirectory holds {@code postgres} and {@code pg_ctl}
 */
public record PostgresInstallation(Path binDirectory, ServerVersion version) {
  private static final Pattern VERSION = Pattern.compile("postgres \\(PostgreSQL\\) (.+)");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /**
   * Finds the programs of a major: in the hints, then on PATH, then where distributions and the
   * PostgreSQL project's own packages put them.
   *
   * @param hints bin directories to try first, such as a configured one
   * @throws TidemarkException SOFTWARE_MISSING: where it was looked for, and what to install
   */
  public static PostgresInstallation find(int major, List<Path> hints) {
    List<Path> candidates =
        Stream.of(hints.stream(), onPath(), usual(major))
            .flatMap(s -> s)
            .distinct()
            .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
            .toList();
    for (Path bin : candidates) {
      Optional<ServerVersion> version = versionOf(bin);
      if (version.filter(v -> v.major() == major).isPresent()) {
        return new PostgresInstallation(bin, version.get());
      }
    }
    throw missing(major, hints, candidates);
  }

  /** The path of one of its programs; SOFTWARE_MISSING where this installation has it not. */
  public Path program(String name) {
    Path program = binDirectory.resolve(name);
    if (!Files.isExecutable(program)) {
      throw new TidemarkException(
          ErrorCode.SOFTWARE_MISSING,
          "There is no " + name + " in " + binDirectory + ".",
          "Install the whole of PostgreSQL " + version.major() + ", client and server.");
    }
    return program;
  }

  private static Stream<Path> onPath() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(File.pathSeparator)).filter(p -> !p.isEmpty()).map(Path::of);
  }

  private static Stream<Path> usual(int major) {
    return Stream.of(
            "/usr/lib/postgresql/%d/bin",
            "/usr/pgsql-%d/bin",
            "/usr/lib/postgresql%d/bin",
            "/usr/libexec/postgresql%d",
            "/opt/postgresql/%d/bin",
            "/opt/postgresql-%d/bin",
            "/opt/pgsql-%d/bin",
            "/usr/local/pgsql-%d/bin",
            "/usr/local/pgsql/bin")
        .map(place -> Path.of(place.formatted(major)));
  }

  private static Optional<ServerVersion> versionOf(Path bin) {
    List<String> command = List.of(bin.resolve("postgres").toString(), "--version");
    LocalCommand.Result result = LocalCommand.run(command, Path.of("/"), LIMIT);
    Matcher matcher = VERSION.matcher(result.output().strip());
    return result.exitCode() == 0 && matcher.matches()
        ? Optional.of(ServerVersion.parse(matcher.group(1)))
        : Optional.empty();
  }

  private static TidemarkException missing(int major, List<Path> hints, List<Path> found) {
    String others =
        found.isEmpty()
            ? ""
            : " Of another version: "
                + found.stream().map(Path::toString).collect(Collectors.joining(", "))
                + ".";
    String looked =
        Stream.concat(hints.stream(), usual(major))
            .map(Path::toString)
            .collect(Collectors.joining(", "));
    return new TidemarkException(
        ErrorCode.SOFTWARE_MISSING,
        "PostgreSQL %d was not found on PATH nor in %s.%s".formatted(major, looked, others),
        "Install it (apt-get install postgresql-%1$d; dnf install postgresql%1$d-server), or name"
                .formatted(major)
            + " its bin directory in the configuration.");
  }
}
