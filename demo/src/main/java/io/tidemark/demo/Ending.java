package io.tidemark.demo;

/** The end of the story: the comparison, and the figures. */
final class Ending {
  private Ending() {}

  static void tell(Story story, DemoReport report) {
    comparison(story, report.comparison());
    story.line("");
    DemoReport.Rpo rpo = report.rpo();
    story.fact(
        "RPO seen",
        "%.2f s at worst, %.2f s on average, from commit to durable in the repository",
        rpo.worstSeconds(),
        rpo.meanSeconds());
    DemoReport.Backup backup = report.backup();
    story.fact(
        "Backup",
        "%s at %s, %s stored",
        Units.bytes(backup.bytes()),
        Units.rate(backup.bytes(), backup.seconds()),
        Units.bytes(backup.storedBytes()));
    restore(story, report.restore());
    proof(story, report);
  }

  private static void comparison(Story story, DemoReport.Comparison comparison) {
    story.tell(
        comparison.same()
            ? "the restored server holds exactly what the shop held just before the accident"
            : "THE RESTORED SERVER DIFFERS from what the shop held just before the accident");
    for (DemoReport.Table table : comparison.tables()) {
      if (table.same()) {
        story.tell("  %-10s %,9d rows, the same", table.name(), table.rowsBefore());
      } else {
        story.tell(
            "  %-10s %,9d rows before, %,d restored: DIFFERENT",
            table.name(), table.rowsBefore(), table.rowsRestored());
      }
    }
  }

  private static void restore(Story story, DemoReport.Restored restore) {
    story.fact(
        "Restore",
        "%.1f s in all: %s of files at %s, then %s of WAL replayed in %.1f s",
        restore.seconds(),
        Units.bytes(restore.bytes()),
        Units.rate(restore.bytes(), restore.filesSeconds()),
        Units.bytes(restore.walBytes()),
        restore.recoverySeconds());
  }

  private static void proof(Story story, DemoReport report) {
    DemoReport.Restored restore = report.restore();
    story.fact("Proof", "target   just before the end of transaction %d", report.accident().xid());
    story.fact(
        "",
        "reached  %s, its last commit of %s",
        restore.reached(),
        Units.time(restore.lastTransaction()));
    story.fact(
        "",
        "unread   %s up to the archive's end %s, the accident among it",
        Units.bytes(restore.unreadBytes()),
        restore.frontier());
  }
}
