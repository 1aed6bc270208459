package io.tidemark.daemon;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.BackupSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.RoleAbilities;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What must hold of a server for what is asked of it. Pure. */
final class ServerRules {
  private static final Set<String> WAL_LEVELS = Set.of("replica", "logical");
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);
  private static final String RESTART = " Then restart PostgreSQL.";
  private static final String RELOAD = " SELECT pg_reload_conf();";

  private final ServerFacts facts;
  private final ClusterSettings cluster;
  private final List<Finding> findings = new ArrayList<>();

  ServerRules(ServerFacts facts, ClusterSettings cluster) {
    this.facts = facts;
    this.cluster = cluster;
  }

  /** Whether WAL is streamed from a slot. */
  static boolean needsSlot(ClusterSettings cluster) {
    return cluster.archive().enabled()
        && cluster.archive().method() == ArchiveSettings.Method.STREAM;
  }

  List<Finding> findings() {
    version();
    role();
    walLevel();
    if (needsSlot(cluster)) {
      slot();
      walSenders();
      slotLimit();
      senderTimeout();
    }
    if (cluster.archive().enabled() && cluster.archive().method() == ArchiveSettings.Method.PUSH) {
      archiveCommand();
    }
    switchedOn("full_page_writes", "torn pages cannot be repaired without it", true);
    switchedOn("fsync", "a crash loses or damages data without it", false);
    checksums();
    clock();
    return List.copyOf(findings);
  }

  private void version() {
    try {
      PostgresMajor.of(facts.version().major());
      findings.add(Finding.ok("version", "PostgreSQL " + facts.version().full()));
    } catch (TidemarkException e) {
      findings.add(Finding.fail("version", e.getMessage(), e.hint()));
    }
  }

  private void role() {
    RoleAbilities role = facts.abilities();
    List<String> missing = role.missingGrants();
    boolean push = cluster.archive().method() == ArchiveSettings.Method.PUSH;
    boolean enough =
        role.backup()
            && role.readAllSettings()
            && (role.replication() || !needsSlot(cluster))
            && (role.switchWal() || !push);
    String sql = String.join(" ", missing);
    if (missing.isEmpty()) {
      findings.add(Finding.ok("role", role.role() + " may do all that is needed"));
    } else if (enough) {
      findings.add(Finding.warn("role", role.role() + " may not do everything useful", sql));
    } else {
      findings.add(Finding.fail("role", role.role() + " lacks privileges that are needed", sql));
    }
  }

  private void walLevel() {
    String level = facts.setting("wal_level");
    findings.add(
        WAL_LEVELS.contains(level)
            ? Finding.ok("wal_level", level)
            : Finding.fail(
                "wal_level",
                level + "; expected replica or logical",
                "ALTER SYSTEM SET wal_level = 'replica';" + RESTART));
  }

  private Optional<ReplicationSlotRow> ours() {
    return facts.slots().stream()
        .filter(slot -> slot.name().toString().equals(cluster.archive().slot()))
        .findFirst();
  }

  private void slot() {
    String name = cluster.archive().slot();
    Optional<ReplicationSlotRow> found = ours();
    if (found.isEmpty()) {
      findings.add(
          Finding.warn("slot", "there is no slot " + name, "Run: tidemark init " + cluster.name()));
      slotRoom();
      return;
    }
    ReplicationSlotRow slot = found.get();
    String status = slot.walStatus().orElse("not reserving WAL");
    if (!slot.type().equals("physical")) {
      findings.add(
          Finding.fail(
              "slot",
              name + " is a " + slot.type() + " slot; expected a physical one",
              "Name another in archive.slot."));
    } else if (status.equals("lost")) {
      findings.add(
          Finding.fail(
              "slot",
              name + " is lost: the primary has removed WAL that was not archived",
              "Start the daemon, which records the gap, and take a full backup."));
    } else if (!slot.active()) {
      findings.add(
          Finding.warn(
              "slot",
              name + " is not active: nothing is archived, and WAL stays on the primary",
              "Start the daemon: systemctl start tidemark"));
    } else if (status.equals("unreserved")) {
      findings.add(
          Finding.warn(
              "slot",
              name + " is about to be lost: its WAL is beyond max_slot_wal_keep_size",
              "Look at what keeps the archive behind: tidemark status " + cluster.name()));
    } else {
      findings.add(Finding.ok("slot", name + " is active, its WAL is " + status));
    }
  }

  private void slotRoom() {
    room("max_replication_slots", facts.slots().size(), "slots");
  }

  private void walSenders() {
    if (ours().filter(ReplicationSlotRow::active).isPresent()) {
      findings.add(Finding.ok("max_wal_senders", facts.setting("max_wal_senders")));
    } else {
      room("max_wal_senders", facts.walSenders(), "WAL senders");
    }
  }

  private void room(String setting, long used, String what) {
    long most = number(facts.setting(setting));
    findings.add(
        used < most
            ? Finding.ok(setting, "%d of %d in use".formatted(used, most))
            : Finding.fail(
                setting,
                "all %d %s are in use; expected a free one".formatted(most, what),
                "ALTER SYSTEM SET %s = %d;".formatted(setting, most + 4) + RESTART));
  }

  private void slotLimit() {
    String limit = facts.setting("max_slot_wal_keep_size");
    findings.add(
        limit.equals("-1")
            ? Finding.warn(
                "max_slot_wal_keep_size",
                "-1: while nothing is archived, WAL fills the primary's disk without limit",
                "Set it to what the disk can spare: ALTER SYSTEM SET max_slot_wal_keep_size ="
                    + " '50GB';"
                    + RELOAD)
            : Finding.ok("max_slot_wal_keep_size", limit));
  }

  private void senderTimeout() {
    String text = facts.setting("wal_sender_timeout");
    Duration interval = cluster.archive().statusInterval();
    Optional<Duration> timeout = interval(text);
    boolean tight =
        timeout
            .filter(limit -> limit.isPositive())
            .filter(limit -> limit.compareTo(interval.multipliedBy(3)) < 0)
            .isPresent();
    findings.add(
        tight
            ? Finding.warn(
                "wal_sender_timeout",
                text + ", with archive.status-interval " + Human.duration(interval),
                "ALTER SYSTEM SET wal_sender_timeout = '60s';" + RELOAD)
            : Finding.ok("wal_sender_timeout", text));
  }

  private void archiveCommand() {
    String mode = facts.setting("archive_mode");
    String command = facts.setting("archive_command");
    String library = facts.setting("archive_library");
    if (mode.equals("off")) {
      findings.add(
          Finding.fail(
              "archive_mode",
              "off; expected on, because archive.method is push",
              "ALTER SYSTEM SET archive_mode = 'on'; ALTER SYSTEM SET archive_command ="
                  + " 'tidemark wal-push %p';"
                  + RESTART));
    } else if (!command.contains("wal-push") || !library.isEmpty()) {
      findings.add(
          Finding.fail(
              "archive_command",
              "'%s'%s; expected tidemark wal-push"
                  .formatted(
                      command, library.isEmpty() ? "" : ", archive_library '" + library + "'"),
              "ALTER SYSTEM SET archive_command = 'tidemark wal-push %p'; ALTER SYSTEM RESET"
                  + " archive_library;"
                  + RELOAD));
    } else {
      findings.add(Finding.ok("archive_command", command));
    }
  }

  private void switchedOn(String setting, String why, boolean needed) {
    String value = facts.setting(setting);
    String found = value + "; expected on: " + why;
    String sql = "ALTER SYSTEM SET " + setting + " = 'on';" + RELOAD;
    findings.add(
        value.equals("on")
            ? Finding.ok(setting, value)
            : needed ? Finding.fail(setting, found, sql) : Finding.warn(setting, found, sql));
  }

  private void checksums() {
    boolean verified = cluster.backup().pageChecksums();
    findings.add(
        facts.setting("data_checksums").equals("on")
            ? Finding.ok("data_checksums", verified ? "on, verified by backups" : "on")
            : Finding.warn(
                "data_checksums",
                "off: damaged pages cannot be noticed by backups",
                "While PostgreSQL is stopped: pg_checksums --enable -D DIRECTORY"));
  }

  private void clock() {
    String found = "this machine and the server differ by " + Human.duration(facts.clockAhead());
    findings.add(
        facts.clockAhead().abs().compareTo(CLOCK_TOLERANCE) > 0
            ? Finding.warn("clock", found, "Let both follow one clock (NTP).")
            : Finding.ok("clock", found));
  }

  /** Whether a backup is to be taken from a standby's files. */
  static boolean fromStandby(ClusterSettings cluster) {
    return cluster.backup().from() == BackupSettings.From.STANDBY;
  }

  private static long number(String text) {
    return text.matches("[0-9]{1,9}") ? Long.parseLong(text) : 0;
  }

  /** As SHOW writes it: {@code 1min}, {@code 60s}, {@code 0}. */
  private static Optional<Duration> interval(String text) {
    String digits = text.replaceFirst("[a-z]+$", "");
    if (!digits.matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    long count = Long.parseLong(digits);
    return Optional.of(
        switch (text.substring(digits.length())) {
          case "s" -> Duration.ofSeconds(count);
          case "min" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          case "d" -> Duration.ofDays(count);
          default -> Duration.ofMillis(count);
        });
  }
}
