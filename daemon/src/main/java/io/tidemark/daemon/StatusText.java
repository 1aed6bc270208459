package io.tidemark.daemon;

import io.tidemark.daemon.ClusterStatus.Archive;
import io.tidemark.daemon.ClusterStatus.Slot;
import io.tidemark.daemon.Output.Color;
import java.time.Duration;

/** A status as people read it. */
final class StatusText {
  private final Output output;

  StatusText(Output output) {
    this.output = output;
  }

  String of(ClusterStatus status) {
    StringBuilder text = new StringBuilder();
    text.append(output.in(Color.BOLD, status.repository()))
        .append(
            ": PostgreSQL %d, system %s, %s\n"
                .formatted(
                    status.postgresMajor(),
                    status.systemId(),
                    status.encrypted() ? "encrypted" : "not encrypted"));
    restorable(text, status);
    archive(text, status);
    backups(text, status);
    trouble(text, status);
    return text.toString().stripTrailing();
  }

  private void restorable(StringBuilder text, ClusterStatus status) {
    text.append("\nCan be restored to any moment\n");
    Table table = new Table("timeline", "from", "to", "from LSN", "to LSN", "backups");
    for (ClusterStatus.Range range : status.restorable()) {
      table.row(
          range.timeline().toString(),
          Human.time(range.from()),
          Human.orUnknown(range.to(), Human::time),
          range.fromLsn().toString(),
          range.toLsn().toString(),
          Integer.toString(range.backups()));
    }
    text.append(
        table.isEmpty()
            ? output.in(Color.RED, "  nothing: there is no completed backup with its WAL") + "\n"
            : table.text());
  }

  private void archive(StringBuilder text, ClusterStatus status) {
    Archive archive = status.archive();
    text.append("\nArchive\n  ends at ")
        .append(Human.orUnknown(archive.frontier(), Object::toString))
        .append(archive.timeline().map(t -> " of timeline " + t).orElse(""))
        .append("; behind the primary: ")
        .append(Human.orUnknown(archive.behindBytes(), Human::bytes))
        .append(", ")
        .append(Human.orUnknown(archive.behind(), Human::duration))
        .append('\n');
    if (status.server().reachable()) {
      status.server().slot().ifPresent(slot -> text.append("  ").append(slot(slot)).append('\n'));
    } else {
      text.append(output.in(Color.RED, "  the primary cannot be asked: "))
          .append(status.server().problem())
          .append('\n');
    }
  }

  private String slot(Slot slot) {
    if (!slot.exists()) {
      return output.in(Color.RED, "slot " + slot.name() + " does not exist");
    }
    String text =
        "slot %s: %s, WAL %s, keeps %s"
            .formatted(
                slot.name(),
                slot.active() ? "active" : "not active",
                Human.orUnknown(slot.walStatus(), s -> s),
                Human.orUnknown(slot.keptBytes(), Human::bytes));
    return slot.active() ? text : output.in(Color.YELLOW, text);
  }

  private static void backups(StringBuilder text, ClusterStatus status) {
    text.append("\nBackups\n");
    Table table = new Table("label", "timeline", "took", "size", "stored", "files", "age");
    for (ClusterStatus.BackupRow backup : status.backups()) {
      table.row(
          backup.label().toString(),
          backup.timeline().toString(),
          Human.duration(Duration.between(backup.start(), backup.stop())),
          Human.bytes(backup.bytes()),
          Human.bytes(backup.storedBytes()),
          Long.toString(backup.files()),
          Human.duration(backup.age()));
    }
    text.append(table.isEmpty() ? "  none\n" : table.text());
    status
        .unfinishedBackups()
        .forEach(
            backup ->
                text.append(
                    "  %s is not finished: begun at %s by %s\n"
                        .formatted(backup.label(), Human.time(backup.began()), backup.writer())));
  }

  private void trouble(StringBuilder text, ClusterStatus status) {
    status
        .damagedBackups()
        .forEach(
            backup ->
                text.append(
                    output.in(
                        Color.RED,
                        "  %s is damaged: %s\n".formatted(backup.label(), backup.problem()))));
    if (!status.gaps().isEmpty()) {
      text.append("\nGaps, which no restore crosses\n");
      status
          .gaps()
          .forEach(
              gap ->
                  text.append(
                      "  timeline %s, %s to %s (%s): %s\n"
                          .formatted(
                              gap.timeline(),
                              gap.from(),
                              gap.to(),
                              Human.bytes(gap.bytes()),
                              gap.reason())));
    }
    if (!status.replicas().isEmpty()) {
      text.append("\nReplicas\n").append(ReplicaText.table(status.replicas()));
    }
    if (!status.leases().isEmpty()) {
      text.append("\nUnder way\n");
      status
          .leases()
          .forEach(
              lease ->
                  text.append(
                      "  %s by %s until %s\n"
                          .formatted(lease.work(), lease.holder(), Human.time(lease.until()))));
    }
    status.remarks().forEach(remark -> text.append("\nRemark: ").append(remark).append('\n'));
  }
}
