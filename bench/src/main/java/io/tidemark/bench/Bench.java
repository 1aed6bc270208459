package io.tidemark.bench;

import io.tidemark.testing.PostgresBinaries;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The benchmark: makes a database, measures each part, prints tables. */
@Command(
    name = "bench/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures Tidemark and its peers as whole programs, in turn, on this machine, and prints"
          + " Markdown. The page cache is warm. Everything is below one directory that is removed"
          + " at the end."
    })
public final class Bench implements Callable<Integer> {
  /** What can be measured. */
  enum Part {
    BACKUP,
    S3,
    RESTORE,
    ARCHIVE,
    RECOVERY,
    STANDBY,
    OBSERVE,
    ADVANCE,
    /** Peaks of the others: one run of each that works. */
    MEMORY,
    ANALYTICS_COPY,
    ANALYTICS_APPLY,
    ANALYTICS_FRESHNESS;

    /** Those that need servers of their own, and are measured only when asked for. */
    static final Set<Part> ANALYTICS =
        EnumSet.of(ANALYTICS_COPY, ANALYTICS_APPLY, ANALYTICS_FRESHNESS);

    /** As it is written on the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "Of the database, about: 256MiB, 4GiB (default).")
  String size = "4GiB";

  @Option(
      names = "--wal",
      paramLabel = "SIZE",
      description = "Of the backlog that is archived and replayed (default: half of --size).")
  @Nullable String wal;

  @Option(names = "--runs", paramLabel = "N", description = "Of each program (default: 3).")
  int runs = 3;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description =
          "backup, s3, restore, archive, recovery, standby, observe, advance, memory (default: all of"
              + " these); analytics-copy, analytics-apply, analytics-freshness.")
  List<Part> only = List.of();

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description = "pgbackrest, pg_basebackup, pg_receivewal (default: those installed), none.")
  Set<String> peers = new LinkedHashSet<>(List.of("pgbackrest", "pg_basebackup", "pg_receivewal"));

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description = "Where the work directory is made (default: the temporary directory).")
  Path parent = Path.of(System.getProperty("java.io.tmpdir"));

  @Mixin AnalyticsOptions analytics = new AnalyticsOptions();

  @Option(names = "--out", paramLabel = "FILE", description = "Writes the tables there, too.")
  @Nullable Path out;

  private final PrintStream tables = System.out;
  private final PrintStream progress = System.err;
  private final StringBuilder text = new StringBuilder();

  /** What {@code bench/run} starts. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    try (WorkDirectory work = new WorkDirectory(parent)) {
      TidemarkProgram program = TidemarkProgram.install(root(), work);
      if (!Part.ANALYTICS.containsAll(parts())) {
        cluster(work, program);
      }
      if (parts().stream().anyMatch(Part.ANALYTICS::contains)) {
        analytics(work, program);
      }
    }
    if (out != null) {
      Files.writeString(out, text);
    }
    return 0;
  }

  private void cluster(WorkDirectory work, TidemarkProgram program) {
    PostgresBinaries binaries =
        PostgresBinaries.debian(15).orElseGet(() -> PostgresBinaries.of(15));
    long bytes = ByteSize.parse(size);
    progress.println("making a database of " + ByteSize.spell(bytes) + " in " + work.path());
    try (Database database = Database.create(work, binaries, bytes)) {
      measure(scene(work, database, program, bytes));
    }
  }

  private void analytics(WorkDirectory work, TidemarkProgram program) {
    AnalyticsBench bench =
        new AnalyticsBench(
            AnalyticsScene.make(work, program, new Rounds(runs, progress), analytics, progress));
    print(bench.head());
    List<Result> results = new ArrayList<>();
    bench.run(parts(), result -> add(results, result));
    print(Report.targets(results));
  }

  private Scene scene(WorkDirectory work, Database database, TidemarkProgram program, long bytes) {
    Meter meter = new Meter(work.shell());
    boolean pgBackRest = peers.contains("pgbackrest") && Files.isExecutable(PgBackRest.PROGRAM);
    return new Scene(
        work,
        database,
        program,
        new Home(work, database, program, meter),
        meter,
        new Rounds(parts().equals(Set.of(Part.MEMORY)) ? 1 : runs, progress),
        peers,
        pgBackRest ? Optional.of(PgBackRest.of(work, database.cluster())) : Optional.empty(),
        wal == null ? bytes / 2 : ByteSize.parse(wal));
  }

  private void measure(Scene scene) {
    head(scene);
    Set<Part> parts = parts();
    boolean all = parts.contains(Part.MEMORY);
    List<Result> results = new ArrayList<>();
    if (all || parts.contains(Part.BACKUP)) {
      add(results, new BackupPart(scene).toDirectory());
    }
    if (parts.contains(Part.S3)) {
      add(results, new S3Part(scene).run());
    }
    if (all || parts.contains(Part.RESTORE)) {
      add(results, new RestorePart(scene).run());
    }
    if (all || parts.contains(Part.ARCHIVE) || parts.contains(Part.RECOVERY)) {
      scene.home().requireBackup();
      progress.println("making " + ByteSize.spell(scene.walBytes()) + " of WAL");
      Backlog backlog = Backlog.make(scene.database(), scene.walBytes());
      if (all || parts.contains(Part.ARCHIVE)) {
        add(results, new ArchivePart(scene, backlog).run());
      }
      if (parts.contains(Part.RECOVERY)) {
        add(results, new RecoveryPart(scene, backlog).run());
      }
    }
    replicas(scene, parts, results);
    print(Report.targets(results));
  }

  private void replicas(Scene scene, Set<Part> parts, List<Result> results) {
    if (parts.contains(Part.STANDBY)) {
      add(results, new StandbyPart(scene).run());
    }
    if (parts.contains(Part.OBSERVE)) {
      add(results, new ObservePart(scene).run());
    }
    if (parts.contains(Part.ADVANCE)) {
      new AdvancePart(scene).run().forEach(result -> add(results, result));
    }
  }

  private Set<Part> parts() {
    return only.isEmpty()
        ? EnumSet.complementOf(EnumSet.copyOf(Part.ANALYTICS))
        : EnumSet.copyOf(only);
  }

  private void head(Scene scene) {
    print(
        "%s. %s; PostgreSQL %s; %s. Database of %s, page cache warm.\n"
            .formatted(
                Machine.describe(),
                scene.program().version(),
                scene.database().cluster().binaries().version(),
                scene.pgBackRest().map(PgBackRest::version).orElse("without pgBackRest"),
                ByteSize.spell(scene.database().bytes())));
  }

  private void add(List<Result> results, Result result) {
    results.add(result);
    print(Report.of(result));
  }

  private void print(String markdown) {
    text.append(markdown).append('\n');
    tables.println(markdown);
  }

  static Path root() {
    return Path.of(
        Optional.ofNullable(System.getProperty("tidemark.root"))
            .orElseThrow(
                () -> new IllegalStateException("tidemark.root is not set; use bench/run")));
  }
}
