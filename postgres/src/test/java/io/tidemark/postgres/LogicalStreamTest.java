package io.tidemark.postgres;

import static io.tidemark.postgres.LogicalReading.BINARY;
import static io.tidemark.postgres.LogicalReading.TEXT;
import static io.tidemark.postgres.LogicalReading.only;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.testing.TestCluster;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogicalStreamTest {
  private static final SlotName SLOT = new SlotName("feed");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void everyKindOfMessageIsRead(int major) {
    try (TestCluster cluster =
        Clusters.builder(major)
            .setting("wal_level", "logical")
            .setting("logical_decoding_work_mem", "64kB")
            .start()) {
      cluster.sql(
          "CREATE TYPE mood AS ENUM ('sad', 'glad')",
          "CREATE TABLE k (id int PRIMARY KEY, m mood, big text, at timestamptz)",
          "ALTER TABLE k ALTER big SET STORAGE EXTERNAL",
          "CREATE TABLE f (id bigint, v text)",
          "ALTER TABLE f REPLICA IDENTITY FULL",
          "CREATE TABLE child (id int PRIMARY KEY REFERENCES k)",
          "CREATE TABLE large (id int PRIMARY KEY, filler text)",
          "CREATE PUBLICATION p FOR ALL TABLES");
      try (ReplicationConnection connection =
          ReplicationConnection.openLogical(Clusters.endpoint(cluster))) {
        LogicalSlot slot = connection.createLogicalSlot(SLOT, false, false, LIMIT);
        LogicalReading reading =
            new LogicalReading(connection.startLogical(SLOT, slot.consistentPoint(), TEXT, major));
        rowsWithAKey(cluster, reading);
        wholeOldRows(cluster, reading);
        truncates(cluster, reading);
        messages(cluster, reading);
        origin(cluster, reading);
        streamedBlocks(cluster, reading);
      }
      binary(cluster, major);
    }
  }

  private static void rowsWithAKey(TestCluster cluster, LogicalReading reading) {
    cluster.sql(
        "INSERT INTO k VALUES (1, 'sad', repeat('x', 100000), '2026-01-02 03:04:05.6+00')",
        "UPDATE k SET m = 'glad'",
        "UPDATE k SET id = 2, big = NULL",
        "DELETE FROM k");
    List<LogicalMessage> all = reading.untilCommits(4);
    LogicalMessage.Begin begin = only(LogicalMessage.Begin.class, all).getFirst();
    LogicalMessage.Commit commit = only(LogicalMessage.Commit.class, all).getFirst();
    assertThat(begin.finalLsn()).isEqualTo(commit.commitLsn()).isLessThan(commit.endLsn());
    assertThat(begin.commitTime()).isEqualTo(commit.commitTime());
    assertThat(begin.xid()).isPositive();
    LogicalMessage.Type type = only(LogicalMessage.Type.class, all).getFirst();
    assertThat(type.schema() + "." + type.name()).isEqualTo("public.mood");
    LogicalMessage.Relation relation = only(LogicalMessage.Relation.class, all).getFirst();
    assertThat(relation.schema() + "." + relation.name()).isEqualTo("public.k");
    assertThat(relation.replicaIdentity()).isEqualTo('d');
    assertThat(relation.columns().getFirst())
        .isEqualTo(new LogicalMessage.RelationColumn(true, "id", 23, -1));
    assertThat(relation.columns().get(1))
        .isEqualTo(new LogicalMessage.RelationColumn(false, "m", type.oid(), -1));

    TupleData inserted = only(LogicalMessage.Insert.class, all).getFirst().row();
    assertThat(inserted).hasToString("tttt");
    assertThat(text(inserted, 0)).isEqualTo("1");
    assertThat(text(inserted, 1)).isEqualTo("sad");
    assertThat(text(inserted, 2)).isEqualTo("x".repeat(100_000));
    LogicalMessage.Update same = only(LogicalMessage.Update.class, all).getFirst();
    assertThat(same.relation()).isEqualTo(relation.oid());
    assertThat(same.old()).isNull();
    assertThat(same.row()).hasToString("ttut");
    LogicalMessage.Update moved = only(LogicalMessage.Update.class, all).getLast();
    assertThat(moved.old()).hasToString("tnnn");
    assertThat(moved.isWholeOld()).isFalse();
    assertThat(moved.row()).hasToString("ttnt");
    LogicalMessage.Delete deleted = only(LogicalMessage.Delete.class, all).getFirst();
    assertThat(deleted.isWholeOld()).isFalse();
    assertThat(text(deleted.old(), 0)).isEqualTo("2");
  }

  private static void wholeOldRows(TestCluster cluster, LogicalReading reading) {
    cluster.sql("INSERT INTO f VALUES (1, 'a')", "UPDATE f SET v = 'b'", "DELETE FROM f");
    List<LogicalMessage> all = reading.untilCommits(3);
    assertThat(only(LogicalMessage.Relation.class, all).getFirst().replicaIdentity())
        .isEqualTo('f');
    LogicalMessage.Update update = only(LogicalMessage.Update.class, all).getFirst();
    TupleData old = update.old();
    assertThat(old).hasToString("tt");
    assertThat(update.isWholeOld()).isTrue();
    LogicalMessage.Delete delete = only(LogicalMessage.Delete.class, all).getFirst();
    assertThat(delete.isWholeOld()).isTrue();
    assertThat(text(delete.old(), 1)).isEqualTo("b");
  }

  private static void truncates(TestCluster cluster, LogicalReading reading) {
    cluster.sql("TRUNCATE k CASCADE", "TRUNCATE f RESTART IDENTITY");
    List<LogicalMessage.Truncate> found =
        only(LogicalMessage.Truncate.class, reading.untilCommits(2));
    assertThat(found.getFirst().relations()).hasSize(2);
    assertThat(found.getFirst().cascade()).isTrue();
    assertThat(found.getFirst().restartIdentity()).isFalse();
    assertThat(found.getLast().relations()).hasSize(1);
    assertThat(found.getLast().cascade()).isFalse();
    assertThat(found.getLast().restartIdentity()).isTrue();
  }

  private static void messages(TestCluster cluster, LogicalReading reading) {
    cluster.sql(
        "SELECT pg_logical_emit_message(false, 'now', 'at once')",
        "SELECT pg_logical_emit_message(true, 'then', 'zoë')");
    List<LogicalMessage.Message> found =
        only(LogicalMessage.Message.class, reading.untilCommits(1));
    assertThat(found)
        .extracting(LogicalMessage.Message::transactional)
        .containsExactly(false, true);
    assertThat(found).extracting(LogicalMessage.Message::prefix).containsExactly("now", "then");
    assertThat(found).extracting(LogicalMessage.Message::content).containsExactly("at once", "zoë");
    assertThat(found.getFirst().lsn()).isLessThan(found.getLast().lsn());
  }

  private static void origin(TestCluster cluster, LogicalReading reading) {
    cluster.sql(
        "SELECT pg_replication_origin_create('elsewhere')",
        """
        DO $$ BEGIN
          PERFORM pg_replication_origin_session_setup('elsewhere');
          PERFORM pg_replication_origin_xact_setup('0/1234', now());
          INSERT INTO f VALUES (3, 'c');
        END $$
        """);
    assertThat(only(LogicalMessage.Origin.class, reading.untilCommits(1)))
        .containsExactly(new LogicalMessage.Origin(Lsn.parse("0/1234"), "elsewhere"));
  }

  /** Not committed when their blocks come: one with a subtransaction that fails, one given up. */
  private static void streamedBlocks(TestCluster cluster, LogicalReading reading) {
    cluster.sql(
        """
        DO $$ BEGIN
          INSERT INTO large SELECT i, repeat('a', 200) FROM generate_series(1, 2000) i;
          BEGIN
            INSERT INTO large SELECT i, repeat('b', 200) FROM generate_series(2001, 4000) i;
            RAISE division_by_zero;
          EXCEPTION WHEN division_by_zero THEN NULL;
          END;
          INSERT INTO large SELECT i, repeat('c', 200) FROM generate_series(4001, 6000) i;
          PERFORM pg_logical_emit_message(true, 'in', 'block');
        END $$
        """);
    List<LogicalMessage> all = reading.untilCommits(1);
    List<LogicalMessage.StreamStart> starts = only(LogicalMessage.StreamStart.class, all);
    int xid = starts.getFirst().xid();
    assertThat(starts)
        .hasSizeGreaterThan(1)
        .extracting(LogicalMessage.StreamStart::xid)
        .containsOnly(xid);
    assertThat(starts.getFirst().first()).isTrue();
    assertThat(starts.getLast().first()).isFalse();
    assertThat(only(LogicalMessage.StreamStop.class, all)).hasSameSizeAs(starts);
    List<LogicalMessage.StreamAbort> aborts = only(LogicalMessage.StreamAbort.class, all);
    assertThat(aborts).isNotEmpty().allMatch(abort -> abort.xid() == xid && abort.subXid() != xid);
    List<Integer> dead = aborts.stream().map(LogicalMessage.StreamAbort::subXid).toList();
    List<String> kept =
        only(LogicalMessage.Insert.class, all).stream()
            .filter(insert -> !dead.contains(insert.xid()))
            .map(insert -> text(insert.row(), 1).substring(0, 1))
            .toList();
    assertThat(kept).hasSize(4000).doesNotContain("b");
    assertThat(only(LogicalMessage.Message.class, all).getFirst().xid()).isEqualTo(xid);
    LogicalMessage.StreamCommit commit = only(LogicalMessage.StreamCommit.class, all).getFirst();
    assertThat(commit.xid()).isEqualTo(xid);
    assertThat(commit.endLsn()).isGreaterThan(commit.commitLsn());

    assertThatThrownBy(
            () ->
                cluster.sql(
                    "DO $$ BEGIN INSERT INTO large SELECT i, repeat('d', 300)"
                        + " FROM generate_series(10001, 14000) i; PERFORM pg_sleep(0.3); RAISE 'no'; END $$"))
        .isInstanceOf(RuntimeException.class);
    LogicalMessage last =
        reading.until(message -> message instanceof LogicalMessage.StreamAbort).getLast();
    assertThat(last)
        .isInstanceOfSatisfying(
            LogicalMessage.StreamAbort.class,
            abort -> assertThat(abort.subXid()).isEqualTo(abort.xid()));
  }

  private static void binary(TestCluster cluster, int major) {
    try (ReplicationConnection connection =
        ReplicationConnection.openLogical(Clusters.endpoint(cluster))) {
      SlotName other = new SlotName("binary");
      Lsn start = connection.createLogicalSlot(other, true, false, LIMIT).consistentPoint();
      LogicalReading reading =
          new LogicalReading(connection.startLogical(other, start, BINARY, major));
      cluster.sql("INSERT INTO k VALUES (7, 'glad', 'x', '2000-01-01 00:00:01+00')");
      TupleData row = only(LogicalMessage.Insert.class, reading.untilCommits(1)).getFirst().row();
      assertThat(row).hasToString("bbbb");
      assertThat(row.value(0)).containsExactly(0, 0, 0, 7);
      assertThat(text(row, 1)).isEqualTo("glad");
      assertThat(row.value(3)).isEqualTo(ByteBuffer.allocate(8).putLong(1_000_000).array());
    }
  }

  @Test
  void aRowThatIsLargerThanTheLimitIsSaidToBe() {
    try (TestCluster cluster = Clusters.builder(16).setting("wal_level", "logical").start()) {
      cluster.sql("CREATE TABLE t (v text)", "CREATE PUBLICATION p FOR TABLE t");
      try (ReplicationConnection connection =
          ReplicationConnection.openLogical(Clusters.endpoint(cluster), 1 << 20)) {
        Lsn start = connection.createLogicalSlot(SLOT, true, false, LIMIT).consistentPoint();
        LogicalReading reading = new LogicalReading(connection.startLogical(SLOT, start, TEXT, 16));
        cluster.sql("INSERT INTO t VALUES (repeat('x', 1000000))");
        assertThat(reading.untilCommits(1)).hasSize(4);
        cluster.sql("INSERT INTO t VALUES (repeat('x', 1100000))");
        assertThatThrownBy(() -> reading.untilCommits(1))
            .isInstanceOfSatisfying(
                PostgresException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_DATA_INVALID))
            .hasMessageContaining("1048576");
        assertThat(connection.isClosed()).isTrue();
      }
      // A whole row of more than a physical stream ever sends.
      SlotName next = new SlotName("next");
      try (ReplicationConnection connection =
          ReplicationConnection.openLogical(Clusters.endpoint(cluster))) {
        Lsn start = connection.createLogicalSlot(next, true, false, LIMIT).consistentPoint();
        LogicalReading reading = new LogicalReading(connection.startLogical(next, start, TEXT, 16));
        cluster.sql("INSERT INTO t VALUES (repeat('x', 70 << 20))");
        TupleData row = only(LogicalMessage.Insert.class, reading.untilCommits(1)).getFirst().row();
        assertThat(row.value(0)).hasSize(70 << 20);
      }
    }
  }

  private static String text(TupleData row, int column) {
    byte[] value = row.value(column);
    return value == null ? "" : new String(value, UTF_8);
  }
}
