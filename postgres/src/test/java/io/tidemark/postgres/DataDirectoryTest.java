package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirectoryTest {
  private static final Set<String> INIT_FORKS =
      Set.of("base/5/900_init", "pg_tblspc/777/PG_17_202406281/5/901_init");

  private final DataDirectory rules = new DataDirectory(PostgresMajor.V17);

  @ParameterizedTest
  @CsvSource({
    "PG_VERSION, COPY",
    "postgresql.conf, COPY",
    "postgresql.auto.conf, COPY",
    "postgresql.auto.conf.tmp, SKIP",
    "pg_hba.conf, COPY",
    "current_logfiles, COPY",
    "current_logfiles.tmp, SKIP",
    "postmaster.pid, SKIP",
    "postmaster.opts, SKIP",
    ".s.PGSQL.5432.lock, SKIP",
    "backup_label, SKIP",
    "backup_label.old, SKIP",
    "tablespace_map, SKIP",
    "tablespace_map.old, SKIP",
    "backup_manifest, SKIP",
    "recovery.signal, SKIP",
    "standby.signal, SKIP",
    "log/backup_label.old, COPY",
    "global/pg_control, CONTROL_FILE",
    "base/5/pg_control, COPY",
    "global/pg_filenode.map, COPY",
    "global/pg_internal.init, SKIP",
    "base/5/pg_internal.init.1234, SKIP",
    "base/5/pg_filenode.map, COPY",
    "base/5/PG_VERSION, COPY",
    "base/5/1259, COPY",
    "base/5/1259_fsm, COPY",
    "base/5/1259.1, COPY",
    "base/5/t3_16384, SKIP",
    "base/5/t12_16384_fsm, SKIP",
    "base/5/t12_16384.2, SKIP",
    "base/5/t0_16384, SKIP",
    "base/5/table_16384, COPY",
    "base/5/900, SKIP",
    "base/5/900.3, SKIP",
    "base/5/900_fsm, SKIP",
    "base/5/900_vm, SKIP",
    "base/5/900_init, COPY",
    "base/6/900, COPY",
    "base/5/9001, COPY",
    "base/pgsql_tmp/pgsql_tmp123.0, SKIP",
    "base/pgsql_tmp/other, SKIP",
    "pg_tblspc/777, TABLESPACE_LINK",
    "pg_tblspc/777/PG_17_202406281/5/901, SKIP",
    "pg_tblspc/777/PG_17_202406281/5/902, COPY",
    "pg_tblspc/777/PG_17_202406281/5/t1_902, SKIP",
    "pg_tblspc/777/PG_16_202307071/5/902, SKIP",
    "pg_tblspc/777/PG_17_202406281/pgsql_tmp/x, SKIP",
    "pg_tblspc/777/somebody_elses_file, SKIP",
    "pg_wal, KEEP_EMPTY",
    "pg_wal/000000010000000000000001, SKIP",
    "pg_replslot/slot/state, SKIP",
    "pg_stat_tmp/global.stat, SKIP",
    "pg_stat/pgstat.stat, COPY",
    "pg_xact/0000, COPY",
    "pg_multixact/members/0000, COPY",
    "pg_logical/mappings/x, COPY",
    "pg_notify/0000, SKIP",
    "pg_twophase/00000123, COPY",
    "extension/pg_notify/file, COPY",
  })
  void filesFollowTheRulesOfPostgresOwnBackup(String path, FileRule rule) {
    assertThat(rules.ruleFor(path, false, INIT_FORKS::contains)).isEqualTo(rule);
  }

  @ParameterizedTest
  @CsvSource({
    "base, COPY",
    "base/5, COPY",
    "base/pgsql_tmp, SKIP",
    "pg_wal, KEEP_EMPTY",
    "pg_wal/archive_status, SKIP",
    "pg_replslot, KEEP_EMPTY",
    "pg_replslot/slot, SKIP",
    "pg_dynshmem, KEEP_EMPTY",
    "pg_notify, KEEP_EMPTY",
    "pg_serial, KEEP_EMPTY",
    "pg_snapshots, KEEP_EMPTY",
    "pg_stat_tmp, KEEP_EMPTY",
    "pg_subtrans, KEEP_EMPTY",
    "pg_tblspc, COPY",
    "pg_tblspc/777, COPY",
    "pg_tblspc/777/PG_17_202406281, COPY",
    "pg_tblspc/777/PG_17_202406281/5, COPY",
    "pg_tblspc/777/PG_16_202307071, SKIP",
  })
  void directoriesFollowTheRulesOfPostgresOwnBackup(String path, FileRule rule) {
    assertThat(rules.ruleFor(path, true, INIT_FORKS::contains)).isEqualTo(rule);
  }

  @Test
  void walSummariesBelongToServersFrom17On() {
    assertThat(rules.emptyDirectories())
        .contains("pg_wal/summaries", "pg_notify")
        .containsSubsequence("pg_wal", "pg_wal/archive_status");
    assertThat(new DataDirectory(PostgresMajor.V16).emptyDirectories())
        .contains("pg_wal/archive_status")
        .doesNotContain("pg_wal/summaries");
  }

  @ParameterizedTest
  @CsvSource({
    // path, tablespace, database, number, fork, segment
    "base/5/1259, 1663, 5, 1259, MAIN, 0",
    "base/5/1259.12, 1663, 5, 1259, MAIN, 12",
    "base/5/1259_vm, 1663, 5, 1259, VISIBILITY_MAP, 0",
    "base/5/1259_fsm.1, 1663, 5, 1259, FREE_SPACE_MAP, 1",
    "base/5/4294967295_init, 1663, 5, 4294967295, INIT, 0",
    "global/1260, 1664, 0, 1260, MAIN, 0",
    "pg_tblspc/777/PG_17_202406281/5/1259, 777, 5, 1259, MAIN, 0",
  })
  void relationFilesAreReadFromTheirPaths(
      String path, long tablespace, long database, long number, Fork fork, int segment) {
    RelationFile file = RelationFile.parse(path).orElseThrow();
    assertThat(file.tablespace()).isEqualTo(tablespace);
    assertThat(file.database()).isEqualTo(database);
    assertThat(file.number()).isEqualTo(number);
    assertThat(file.fork()).isEqualTo(fork);
    assertThat(file.segment()).isEqualTo(segment);
    assertThat(file.firstBlock()).isEqualTo(segment * 131072L);
    assertThat(file.hasChecksums()).isTrue();
    assertThat(file.hasPageLsns()).isEqualTo(fork != Fork.FREE_SPACE_MAP);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1259",
        "base/1259",
        "base/5/6/1259",
        "base/05/1259",
        "base/5/01259",
        "base/5/1259.0",
        "base/5/1259.01",
        "base/5/1259_xx",
        "base/5/1259_fsm_vm",
        "base/5/4294967296",
        "base/5/PG_VERSION",
        "base/5/pg_filenode.map",
        "global/pg_control",
        "pg_xact/0000",
        "pg_tblspc/777/5/1259",
        "other/base/5/1259",
        "base/5/",
        ""
      })
  void otherFilesAreNotRelations(String path) {
    assertThat(RelationFile.parse(path)).isEmpty();
  }

  @Test
  void temporaryRelationsNameTheirBackend() {
    RelationFile file = RelationFile.parse("base/5/t42_16384.1").orElseThrow();
    assertThat(file.backend()).hasValue(42);
    assertThat(file.isTemporary()).isTrue();
    assertThat(file.hasChecksums()).isFalse();
  }
}
