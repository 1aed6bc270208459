package io.tidemark.daemon;

import io.tidemark.config.ReplicaKind;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.postgres.ReplicationSlotRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What must hold of a primary for the replicas that are to stream from it. Pure. */
final class ReplicaFindings {
  private static final String RELOAD = " SELECT pg_reload_conf();";
  private static final String RESTART = " Then restart PostgreSQL.";

  private final ServerFacts facts;
  private final List<ReplicaSettings> replicas;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param replicas of the cluster; those that stream from elsewhere do not count
   */
  ReplicaFindings(ServerFacts facts, List<ReplicaSettings> replicas) {
    this.facts = facts;
    this.replicas =
        replicas.stream()
            .filter(replica -> replica.kind() != ReplicaKind.ARCHIVE_ONLY)
            .filter(replica -> replica.upstream().isEmpty())
            .toList();
  }

  /**
   * @param slotsChecked whether the archiver's slot has been looked at, and with it the limits
   */
  List<Finding> findings(boolean slotsChecked) {
    if (replicas.isEmpty()) {
      return List.of();
    }
    role();
    room();
    if (!slotsChecked) {
      limit();
    }
    replicas.stream().filter(replica -> replica.slot().isPresent()).forEach(this::slot);
    replicas.stream()
        .filter(replica -> replica.kind() == ReplicaKind.SYNC)
        .forEach(this::synchronous);
    return List.copyOf(findings);
  }

  private void role() {
    if (!facts.abilities().replication()) {
      findings.add(
          Finding.fail(
              "replica role",
              facts.abilities().role()
                  + " may not replicate; expected so for "
                  + replicas.getFirst().name(),
              "ALTER ROLE \"%s\" REPLICATION;".formatted(facts.abilities().role())));
    }
  }

  /** Replicas that do not stream yet need a slot and a WAL sender each. */
  private void room() {
    long missing =
        replicas.stream()
            .filter(replica -> replica.slot().isPresent() && slotOf(replica).isEmpty())
            .count();
    long idle =
        replicas.stream()
            .filter(replica -> slotOf(replica).filter(ReplicationSlotRow::active).isEmpty())
            .count();
    room("max_replication_slots", facts.slots().size() + missing);
    room("max_wal_senders", facts.walSenders() + idle);
  }

  private void room(String setting, long needed) {
    String text = facts.setting(setting);
    long most = text.matches("[0-9]{1,9}") ? Long.parseLong(text) : 0;
    if (needed > most) {
      findings.add(
          Finding.fail(
              setting,
              "%d; expected at least %d with the replicas".formatted(most, needed),
              "ALTER SYSTEM SET %s = %d;".formatted(setting, needed + 4) + RESTART));
    }
  }

  private void limit() {
    if (facts.setting("max_slot_wal_keep_size").equals("-1")) {
      findings.add(
          Finding.warn(
              "max_slot_wal_keep_size",
              "-1: while a replica is away, WAL fills the primary's disk without limit",
              "Set it to what the disk can spare: ALTER SYSTEM SET max_slot_wal_keep_size ="
                  + " '50GB';"
                  + RELOAD));
    }
  }

  private Optional<ReplicationSlotRow> slotOf(ReplicaSettings replica) {
    return facts.slots().stream()
        .filter(slot -> replica.slot().filter(slot.name().name()::equals).isPresent())
        .findFirst();
  }

  private void slot(ReplicaSettings replica) {
    String check = "replica " + replica.name();
    String name = replica.slot().orElse("");
    Optional<ReplicationSlotRow> slot = slotOf(replica);
    if (slot.isEmpty()) {
      findings.add(
          Finding.warn(
              check,
              "there is no slot " + name + ": no WAL is kept for it",
              "Run: tidemark replica create " + replica.name() + " (the daemon does, too)"));
    } else if (slot.get().walStatus().filter("lost"::equals).isPresent()) {
      findings.add(
          Finding.warn(
              check,
              "the WAL that its slot kept is lost; it catches up from the archive",
              "See: tidemark replica status " + replica.name()));
    } else if (!slot.get().active()) {
      findings.add(
          Finding.warn(
              check,
              "its slot " + name + " is not active: WAL collects on the primary",
              "See: tidemark replica status " + replica.name()));
    } else {
      findings.add(Finding.ok(check, "its slot " + name + " is active"));
    }
  }

  private void synchronous(ReplicaSettings replica) {
    String names = facts.setting("synchronous_standby_names");
    boolean named =
        Arrays.stream(names.split("[^A-Za-z0-9_*]+"))
            .anyMatch(word -> word.equals("*") || word.equals(replica.applicationName()));
    findings.add(
        named
            ? Finding.ok("synchronous_standby_names", names)
            : Finding.warn(
                "synchronous_standby_names",
                "'%s' does not name %s: no commit waits for it"
                    .formatted(names, replica.applicationName()),
                "Once it streams: ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (%s)';"
                        .formatted(replica.applicationName())
                    + RELOAD));
  }
}
