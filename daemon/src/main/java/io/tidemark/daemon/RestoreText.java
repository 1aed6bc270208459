package io.tidemark.daemon;

import io.tidemark.daemon.RestoreReport.Files;
import io.tidemark.daemon.RestoreReport.Plan;
import io.tidemark.daemon.RestoreReport.Proof;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;

/** A restore's plan and result as people read them. */
final class RestoreText {
  private RestoreText() {}

  static String plan(String cluster, Path directory, Plan plan) {
    StringBuilder text =
        new StringBuilder("plan: restore %s into %s\n".formatted(cluster, directory));
    line(text, "target", target(plan));
    line(
        text,
        "backup",
        "%s, %s in %d files, %s stored"
            .formatted(
                plan.backup(),
                Human.bytes(plan.bytes()),
                plan.files(),
                Human.bytes(plan.storedBytes())));
    line(text, "timelines", timelines(plan));
    line(
        text,
        "WAL",
        "from %s to %s at least, %s"
            .formatted(plan.walFrom(), plan.mustReach(), Human.bytes(plan.walBytes())));
    line(
        text,
        "archive",
        "ends at %s; last restorable transaction: %s"
            .formatted(plan.frontier(), Human.orUnknown(plan.lastRestorable(), Human::exactTime)));
    line(
        text,
        "estimate",
        "%s, if files are written at 100 MB/s and WAL is replayed at 60 MB/s: assumed, not measured"
            .formatted(Human.duration(Duration.ofSeconds(plan.estimateSeconds()))));
    plan.notes().forEach(note -> line(text, "note", note));
    return text.toString().stripTrailing();
  }

  private static String target(Plan plan) {
    String when = plan.targetTime().map(at -> " (" + Human.exactTime(at) + ")").orElse("");
    return plan.target() + when + (plan.exclusive() ? ", exclusive" : "");
  }

  private static String timelines(Plan plan) {
    return plan.timelines().stream()
        .map(
            part -> part.timeline() + part.leftAt().map(lsn -> " (left at " + lsn + ")").orElse(""))
        .collect(Collectors.joining(", then "));
  }

  static String files(Files files) {
    return "wrote %s in %d files in %s (%s)%s"
        .formatted(
            Human.bytes(files.bytes()),
            files.files(),
            Human.duration(files.took()),
            Human.rate(files.bytes(), files.took()),
            files.reusedBytes() > 0
                ? "; of these %s were right there already, %d files did not belong there"
                    .formatted(Human.bytes(files.reusedBytes()), files.removedFiles())
                : "");
  }

  static String howToStart(Path directory, String pgCtl) {
    return """
        ready: it recovers when it is started, and WAL comes from the archive by itself, also when
        no daemon runs. As the owner of the directory:
          %s -D %s -l %s start
        `tidemark restore --start` would also follow recovery and prove what it reached."""
        .formatted(pgCtl, directory, directory.resolveSibling(directory.getFileName() + ".log"));
  }

  /**
   * What was reached, with what the plan has noted: hours lie between the two, and who reads only
   * the end is to know, too, in front of what recovery stopped.
   */
  static String proof(Plan plan, Proof proof) {
    StringBuilder text = new StringBuilder("proof: recovery reached its target\n");
    line(
        text,
        "reached",
        "%s; %s was asked for at least".formatted(proof.reached(), proof.mustReach()));
    line(
        text,
        "last commit",
        proof.lastTransaction().map(Human::exactTime).orElse("none was replayed"));
    line(
        text,
        "archive",
        "ends at %s; %s of it were not replayed"
            .formatted(proof.frontier(), Human.bytes(proof.unreadBytes())));
    line(text, "timeline", proof.timeline().toString());
    line(
        text,
        "server",
        proof.state().name().toLowerCase(Locale.ROOT).replace('_', ' ')
            + proof.port().map(port -> ", on port " + port).orElse("")
            + ", after "
            + Human.duration(proof.took()));
    plan.notes().forEach(note -> line(text, "note", note));
    return text.toString().stripTrailing();
  }

  private static void line(StringBuilder text, String what, String value) {
    text.append("  %-12s%s\n".formatted(what, value));
  }
}
