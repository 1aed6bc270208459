package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.daemon.Finding.Level;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.RoleAbilities;
import io.tidemark.postgres.ServerVersion;
import io.tidemark.postgres.SlotName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerRulesTest {
  private static final RoleAbilities ALL =
      new RoleAbilities("tidemark", false, true, true, true, true, true, true, true);
  private static final Map<String, String> GOOD =
      Map.ofEntries(
          Map.entry("wal_level", "replica"),
          Map.entry("max_wal_senders", "10"),
          Map.entry("max_replication_slots", "10"),
          Map.entry("max_slot_wal_keep_size", "50GB"),
          Map.entry("full_page_writes", "on"),
          Map.entry("fsync", "on"),
          Map.entry("data_checksums", "on"),
          Map.entry("archive_mode", "on"),
          Map.entry("archive_command", "tidemark wal-push %p"),
          Map.entry("archive_library", ""),
          Map.entry("wal_sender_timeout", "1min"));

  private static ClusterSettings settings(String method) {
    return Configuration.parse(
            Path.of("test.yaml"),
            """
            repositories: {here: {type: posix, path: /r}}
            clusters: {main: {repository: here, archive: {method: %s}}}
            """
                .formatted(method))
        .cluster("main");
  }

  private static ReplicationSlotRow slot(String type, boolean active, String status) {
    return new ReplicationSlotRow(
        new SlotName("tidemark_main"),
        type,
        Optional.empty(),
        Optional.empty(),
        false,
        active,
        Optional.empty(),
        Optional.of(Lsn.parse("0/3000000")),
        Optional.empty(),
        Optional.of(status),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        false,
        false);
  }

  private static ServerFacts facts(
      Map<String, String> settings, List<ReplicationSlotRow> slots, RoleAbilities role) {
    return new ServerFacts(
        ServerVersion.parse("17.2"), settings, role, slots, 1, Duration.ofMillis(3));
  }

  private static Finding find(ServerFacts facts, String method, String check) {
    return new ServerRules(facts, settings(method))
        .findings().stream().filter(each -> each.check().equals(check)).findFirst().orElseThrow();
  }

  @Test
  void findsNothingWrongWithAServerInOrder() {
    ServerFacts good = facts(GOOD, List.of(slot("physical", true, "reserved")), ALL);

    for (String method : List.of("stream", "push")) {
      assertThat(new ServerRules(good, settings(method)).findings())
          .allSatisfy(each -> assertThat(each.level()).as(each.toString()).isEqualTo(Level.OK));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "stream, wal_level, minimal, FAIL, wal_level = 'replica'",
    "stream, max_slot_wal_keep_size, -1, WARN, max_slot_wal_keep_size",
    "stream, max_wal_senders, 1, FAIL, max_wal_senders = 5",
    "stream, full_page_writes, off, FAIL, full_page_writes = 'on'",
    "stream, fsync, off, WARN, fsync = 'on'",
    "stream, data_checksums, off, WARN, pg_checksums --enable",
    "stream, wal_sender_timeout, 2s, WARN, wal_sender_timeout = '60s'",
    "push, archive_mode, off, FAIL, tidemark wal-push %p",
    "push, archive_command, cp %p /x, FAIL, tidemark wal-push %p",
    "push, archive_library, basic_archive, FAIL, RESET archive_library"
  })
  void saysWhichSettingToChangeAndHow(
      String method, String setting, String value, Level level, String change) {
    Map<String, String> settings = new HashMap<>(GOOD);
    settings.put(setting, value);
    String check = setting.startsWith("archive_l") ? "archive_command" : setting;

    Finding finding =
        find(facts(settings, List.of(slot("physical", false, "reserved")), ALL), method, check);

    assertThat(finding.level()).isEqualTo(level);
    assertThat(finding.change()).contains(change);
  }

  @ParameterizedTest
  @CsvSource({
    "physical, true, reserved, OK",
    "physical, true, extended, OK",
    "physical, true, unreserved, WARN",
    "physical, false, reserved, WARN",
    "physical, false, lost, FAIL",
    "logical, true, reserved, FAIL"
  })
  void judgesTheSlot(String type, boolean active, String status, Level level) {
    assertThat(
            find(facts(GOOD, List.of(slot(type, active, status)), ALL), "stream", "slot").level())
        .isEqualTo(level);
  }

  @Test
  void asksForInitWhereThereIsNoSlot() {
    assertThat(find(facts(GOOD, List.of(), ALL), "stream", "slot").change())
        .contains("tidemark init main");
  }

  @Test
  void failsForAPrivilegeThatIsNeededAndWarnsOfOneThatIsUseful() {
    RoleAbilities noReplication =
        new RoleAbilities("weak", false, false, true, true, true, true, true, true);
    RoleAbilities noRestorePoint =
        new RoleAbilities("weak", false, true, true, true, true, true, false, true);

    Finding needed = find(facts(GOOD, List.of(), noReplication), "stream", "role");
    Finding useful = find(facts(GOOD, List.of(), noRestorePoint), "stream", "role");

    assertThat(needed.level()).isEqualTo(Level.FAIL);
    assertThat(needed.change()).contains("ALTER ROLE \"weak\" REPLICATION;");
    assertThat(useful.level()).isEqualTo(Level.WARN);
    assertThat(find(facts(GOOD, List.of(), noReplication), "push", "role").level())
        .isEqualTo(Level.WARN);
  }
}
