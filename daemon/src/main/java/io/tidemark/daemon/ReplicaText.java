package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.Standing;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Replicas as people read of them. */
final class ReplicaText {
  private ReplicaText() {}

  /** {@code 0/5000148, with transactions to 2026-11-20 13:02:12Z}. */
  static String position(Lsn lsn, Optional<Instant> lastCommit) {
    return lsn + lastCommit.map(at -> ", with transactions to " + Human.exactTime(at)).orElse("");
  }

  /** {@code later stands at …}. */
  static String standing(String replica, Standing now) {
    String what =
        !now.inRecovery()
            ? "is a primary on timeline " + now.timeline() + ", at "
            : !now.running()
                ? "does not run; it is at "
                : now.isStill() ? "stands still at " : "is at ";
    return replica + " " + what + position(now.replayed(), now.lastCommit());
  }

  static String table(List<ReplicaStatus> all) {
    Table table =
        new Table("replica", "cluster", "kind", "server", "replayed", "transactions to", "next");
    for (ReplicaStatus each : all) {
      table.row(
          each.replica(),
          each.cluster(),
          each.kind().word() + each.delay().map(delay -> " " + Human.duration(delay)).orElse(""),
          server(each),
          Human.orUnknown(each.replayed(), Lsn::toString),
          Human.orUnknown(each.lastCommit(), Human::time),
          each.next().decision());
    }
    return table.isEmpty() ? "  none: the configuration has no replicas\n" : table.text();
  }

  private static String server(ReplicaStatus status) {
    if (status.standby().filter(standby -> !standby).isPresent()) {
      return "primary";
    }
    String word = status.server().orElse("unknown");
    return status.replay().filter(replay -> !replay.equals("on")).orElse(word);
  }

  static String detail(ReplicaStatus status) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s: %s standby of %s%s, in %s, at %s\n"
            .formatted(
                status.replica(),
                status.kind().word(),
                status.cluster(),
                status.delay().map(delay -> ", " + Human.duration(delay) + " late").orElse(""),
                status.directory(),
                status.address()));
    line(text, "commanded", status.wish() + status.heldAt().map(to -> ": " + to).orElse(""));
    line(
        text,
        "server",
        server(status) + (status.problem().isEmpty() ? "" : ": " + status.problem()));
    line(
        text,
        "replayed",
        status.replayed().map(lsn -> position(lsn, status.lastCommit())).orElse("unknown")
            + status.behindBytes().map(b -> ", " + Human.bytes(b) + " behind").orElse(""));
    line(
        text,
        "received",
        Human.orUnknown(status.received(), Lsn::toString)
            + status.streaming().map(on -> on ? ", streaming" : ", not streaming").orElse(""));
    status.slot().ifPresent(slot -> line(text, "slot", slot.name() + ", " + slot.health()));
    if (status.primary().used()) {
      line(
          text,
          "primary",
          status.primary().server().orElse("not reached: " + status.primary().problem()));
    }
    line(text, "next", status.next().decision() + ": " + status.next().why());
    if (!status.next().advice().isEmpty()) {
      line(text, "advice", status.next().advice());
    }
    return text.toString().stripTrailing();
  }

  private static void line(StringBuilder text, String what, String found) {
    text.append("  %-10s %s\n".formatted(what, found));
  }
}
