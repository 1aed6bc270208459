package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PostgresInstallation;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * pg_dump and pg_restore of one installation. What they connect to, and how, is in their
 * environment: a process list shows command lines.
 */
final class DumpPrograms {
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);
  private static final Duration LIMIT = Duration.ofDays(1);

  private final Path bin;

  private DumpPrograms(Path bin) {
    this.bin = bin;
  }

  /**
   * Those beside the server's programs, or on PATH where they are not older than the server: an
   * older pg_dump refuses. Empty where there are none.
   */
  static Optional<DumpPrograms> find(PostgresInstallation installation) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(
            Stream.of(installation.binDirectory()),
            Arrays.stream(path.split(File.pathSeparator)).filter(p -> !p.isEmpty()).map(Path::of))
        .filter(place -> Files.isExecutable(place.resolve("pg_dump")))
        .filter(place -> Files.isExecutable(place.resolve("pg_restore")))
        .filter(place -> major(place) >= installation.version().major())
        .findFirst()
        .map(DumpPrograms::new);
  }

  private static int major(Path place) {
    List<String> command = List.of(place.resolve("pg_dump").toString(), "--version");
    Matcher matcher =
        VERSION.matcher(LocalCommand.run(command, Path.of("/"), VERSION_LIMIT).output());
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /** Dumps a table into a file, in the format that pg_restore reads. */
  void dump(TableName table, Map<String, String> from, Path to) {
    ProcessBuilder dump = dump(table, from);
    dump.command().addAll(List.of("--file", to.toString()));
    run(List.of(dump));
  }

  /** Dumps a table and restores it into another server: the table and its rows, all or nothing. */
  void copy(TableName table, Map<String, String> from, TargetServer to) {
    ProcessBuilder restore =
        program(
            "pg_restore",
            to.environment(),
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--section=pre-data",
            "--section=data",
            "--dbname",
            to.database());
    run(List.of(dump(table, from), restore));
  }

  private ProcessBuilder dump(TableName table, Map<String, String> from) {
    return program(
        "pg_dump",
        from,
        "--format=custom",
        "--no-password",
        "--lock-wait-timeout=10s",
        "--table",
        table.quoted());
  }

  private ProcessBuilder program(
      String name, Map<String, String> environment, String... arguments) {
    ProcessBuilder builder = new ProcessBuilder(bin.resolve(name).toString());
    builder.command().addAll(List.of(arguments));
    boolean own = environment.containsKey("PGPASSFILE");
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.startsWith("PG") && (own || !key.equals("PGPASSFILE")));
    builder.environment().putAll(environment);
    return builder;
  }

  private static void run(List<ProcessBuilder> builders) {
    try {
      Path said = Files.createTempFile("tidemark-extract-", ".log");
      try {
        builders.forEach(
            each -> each.redirectError(ProcessBuilder.Redirect.appendTo(said.toFile())));
        builders.getLast().redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()));
        await(ProcessBuilder.startPipeline(builders), builders, said);
      } finally {
        DurableFiles.delete(said);
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          builders.getFirst().command().getFirst() + " cannot be run: " + e,
          "",
          e);
    }
  }

  private static void await(List<Process> processes, List<ProcessBuilder> builders, Path said)
      throws IOException {
    try {
      for (int i = 0; i < processes.size(); i++) {
        String name = Path.of(builders.get(i).command().getFirst()).getFileName().toString();
        if (!processes.get(i).waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          throw new TidemarkException(
              ErrorCode.TIMED_OUT, name + " did not end within " + LIMIT, "");
        }
      }
      int failed = 0;
      for (Process process : processes) {
        failed = Math.max(failed, process.exitValue());
      }
      if (failed != 0) {
        throw new TidemarkException(
            ErrorCode.POSTGRES_REFUSED,
            "the copy by pg_dump failed: " + Files.readString(said).strip(),
            "Where the table is there already, or needs types that are not: give another name with"
                + " --as.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED,
          "interrupted while a table was copied; nothing of it is kept",
          "",
          e);
    } finally {
      processes.forEach(Process::destroy);
    }
  }
}
