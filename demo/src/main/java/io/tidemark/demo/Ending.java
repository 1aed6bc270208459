package io.tidemark.demo;

/** The end of the story: the comparison, and the figures. */
final class Ending {
  private Ending() {}

  static void tell(Story story, DemoReport report) {
    comparison(story, report.comparison());
    story.line("");
    DemoReport.Rpo rpo = report.rpo();
    story.fact(
        "Data at risk",
        "at most %.2f s of commits, %.2f s on average: from commit to durable in the repository",
        rpo.worstSeconds(),
        rpo.meanSeconds());
    DemoReport.Backup backup = report.backup();
    story.fact(
        "Backup",
        "%s, %s read, %s stored in %s",
        Units.rate(backup.bytes(), backup.seconds()),
        Units.bytes(backup.bytes()),
        Units.bytes(backup.storedBytes()),
        report.store().equals("s3") ? "S3" : "the folder");
    restore(story, report.restore());
    proof(story, report);
  }

  private static void comparison(Story story, DemoReport.Comparison comparison) {
    story.tell(
        comparison.same()
            ? "the restored server holds exactly what the shop held just before the accident"
            : "THE RESTORED SERVER DIFFERS from what the shop held just before the accident");
    for (DemoReport.Table table : comparison.tables()) {
      story.tell(
          "  %-10s %,9d rows before, %,9d restored: %s",
          table.name(),
          table.rowsBefore(),
          table.rowsRestored(),
          table.same() ? "same content" : "DIFFERENT");
    }
  }

  private static void restore(Story story, DemoReport.Restored restore) {
    story.fact(
        "Restore",
        "%.1f s in all: files %s in %.1f s (%s), then start and replay of %s of WAL in %.1f s",
        restore.seconds(),
        Units.bytes(restore.bytes()),
        restore.filesSeconds(),
        Units.rate(restore.bytes(), restore.filesSeconds()),
        Units.bytes(restore.walBytes()),
        restore.recoverySeconds());
  }

  private static void proof(Story story, DemoReport report) {
    DemoReport.Restored restore = report.restore();
    story.fact("Proof", "target: just before the end of transaction %d", report.accident().xid());
    story.fact("", "reached: LSN %s, last commit %s", restore.reached(), restore.lastTransaction());
    story.fact(
        "",
        "the archive goes on to %s: %s after the target, the accident with it, left unread",
        restore.frontier(),
        Units.bytes(restore.unreadBytes()));
  }
}
