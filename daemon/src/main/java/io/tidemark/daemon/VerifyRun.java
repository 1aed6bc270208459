package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Finding;
import io.tidemark.repository.Verification;
import io.tidemark.repository.VerificationOptions;
import io.tidemark.repository.VerificationResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Reads a cluster's part of a repository, all of it or its WAL, and tells what is wrong. */
final class VerifyRun {
  private final Invocation invocation;
  private final String cluster;

  /**
   * What {@code --json} prints.
   *
   * @param sound whether all that is there can be restored
   * @param objects looked at, which take {@code bytes} in the store
   */
  record Report(
      String cluster,
      boolean sound,
      long objects,
      long bytes,
      int backups,
      long frames,
      long pages,
      long segments,
      Duration took,
      List<Finding> findings) {}

  VerifyRun(Invocation invocation, String cluster) {
    this.invocation = invocation;
    this.cluster = cluster;
  }

  /** Gives the exit code: VERIFY_FAILED where something cannot be restored. */
  int run(boolean backups, boolean pageChecksums, int parallel) {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    int threads = Math.clamp(parallel > 0 ? parallel : settings.restore().parallel(), 1, 8);
    Output output = invocation.output();
    try (Wiring wiring = invocation.wiring(configuration)) {
      VerificationOptions options = new VerificationOptions(backups, true, pageChecksums, threads);
      Report report = verify(wiring.repository(settings), options, output);
      output.result(report, () -> text(output, report));
      return report.sound() ? 0 : ErrorCode.VERIFY_FAILED.exitCode();
    }
  }

  private Report verify(ClusterRepository repository, VerificationOptions options, Output output) {
    Instant began = Instant.now();
    try (ProgressBar bar = output.progress("verification of " + cluster)) {
      VerificationResult result =
          new Verification(repository, options)
              .run(
                  (done, all) -> {
                    bar.totalOnce(all);
                    bar.set(done);
                  });
      return new Report(
          cluster,
          result.isSound(),
          result.objects(),
          result.bytes(),
          result.backups(),
          result.frames(),
          result.pages(),
          result.segments(),
          Duration.between(began, Instant.now()),
          result.findings());
    }
  }

  private static String text(Output output, Report report) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : report.findings()) {
      text.append("%s  %s: %s\n".formatted(level(output, finding), finding.key(), finding.what()));
      if (!finding.action().isEmpty()) {
        text.append("         what to do: ").append(finding.action()).append('\n');
      }
    }
    return text.append(
            "%s: %s: read %d objects, %s, in %s (%s): %d backups, %d frames, %d pages, %d segments"
                .formatted(
                    report.cluster(),
                    report.sound()
                        ? output.in(Output.Color.GREEN, "sound")
                        : output.in(Output.Color.RED, "DAMAGED"),
                    report.objects(),
                    Human.bytes(report.bytes()),
                    Human.duration(report.took()),
                    Human.rate(report.bytes(), report.took()),
                    report.backups(),
                    report.frames(),
                    report.pages(),
                    report.segments()))
        .toString();
  }

  private static String level(Output output, Finding finding) {
    return switch (finding.severity()) {
      case ERROR -> output.in(Output.Color.RED, "ERROR  ");
      case WARNING -> output.in(Output.Color.YELLOW, "warning");
      case INFO -> "info   ";
    };
  }
}
