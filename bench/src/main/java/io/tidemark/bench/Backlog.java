package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.util.List;

/**
 * WAL that the server keeps for a slot, as often as it is asked for: rows inserted, rows of
 * accounts updated here and there (full pages, since each is the first change after a checkpoint),
 * and logical messages. It ends with a whole segment.
 *
 * @param from where the slot begins
 * @param to the end, after a switch of segments
 * @param bytes between them
 */
record Backlog(String from, String to, long bytes) {
  private static final String KEEPER = "bench_keeper";

  private static final List<String> UNIT =
      List.of(
          "INSERT INTO events SELECT * FROM documents WHERE id <= 30000",
          "UPDATE accounts SET abalance = abalance + 1 WHERE aid IN (SELECT 1 + abs(hashint4(n +"
              + " %d)) %% (SELECT max(aid) FROM accounts) FROM generate_series(1, 3000) n)",
          "SELECT pg_logical_emit_message(false, 'bench', repeat(md5(n::text), 4000))"
              + " FROM generate_series(1, 40) n");

  /** Makes a slot, and then at least so much WAL. */
  static Backlog make(Database database, long size) {
    TestCluster cluster = database.cluster();
    cluster.sql("CHECKPOINT");
    Slots.drop(cluster, KEEPER);
    cluster.value(
        "SELECT slot_name FROM pg_create_physical_replication_slot('%s', true)".formatted(KEEPER));
    String from =
        cluster.value(
            "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '%s'"
                .formatted(KEEPER));
    for (int unit = 0; between(cluster, from, database.end()) < size; unit++) {
      int seed = unit * 3000;
      cluster.sql(UNIT.stream().map(sql -> sql.formatted(seed)).toArray(String[]::new));
    }
    String to = cluster.value("SELECT pg_switch_wal()");
    return new Backlog(from, to, between(cluster, from, to));
  }

  /** Makes a slot from which the whole backlog can be streamed. */
  void slot(TestCluster cluster, String name) {
    cluster.value(
        "SELECT slot_name FROM pg_copy_physical_replication_slot('%s', '%s')"
            .formatted(KEEPER, name));
  }

  /** The name of the last segment. */
  String lastSegment(TestCluster cluster) {
    return cluster.value("SELECT pg_walfile_name('%s'::pg_lsn - 1)".formatted(to));
  }

  private static long between(TestCluster cluster, String from, String to) {
    return Long.parseLong(
        cluster.value("SELECT ('%s'::pg_lsn - '%s'::pg_lsn)::bigint".formatted(to, from)));
  }
}
