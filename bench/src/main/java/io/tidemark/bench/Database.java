package io.tidemark.bench;

import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The cluster that is measured: rows like pgbench's accounts, generated documents (text, jsonb,
 * uuid) and blobs that no compressor can shrink, so that zstd 3 makes about a quarter of it. For
 * one size it holds the same rows in the same order each time.
 */
final class Database implements AutoCloseable {
  /** Cheap to load; nothing that a backup of it would meet. */
  private static final Map<String, String> WHILE_LOADING =
      Map.of("wal_level", "minimal", "max_wal_senders", "0", "fsync", "off");

  /** An empty archive_command lets segments wait until a peer's is set. */
  private static final Map<String, String> AFTERWARDS =
      Map.of(
          "wal_level", "replica",
          "max_wal_senders", "10",
          "max_replication_slots", "64",
          "fsync", "on",
          "archive_mode", "on",
          "archive_command", "");

  private final TestCluster cluster;
  private final long bytes;

  private Database(TestCluster cluster, long bytes) {
    this.cluster = cluster;
    this.bytes = bytes;
  }

  /** Makes it, of about the given size, running and ready to be backed up. */
  static Database create(WorkDirectory work, PostgresBinaries binaries, long size) {
    TestCluster cluster = builder(work, binaries).start();
    try {
      Load.into(cluster, size);
      long bytes =
          Long.parseLong(cluster.value("SELECT sum(pg_database_size(oid)) FROM pg_database"));
      cluster.stop();
      cluster.configure(AFTERWARDS);
      work.settle();
      cluster.start();
      // Whatever is archived meanwhile: a peer's recovery needs the WAL of Tidemark's backup, too.
      cluster.value("SELECT lsn FROM pg_create_physical_replication_slot('bench_all', true)");
      return new Database(cluster, bytes);
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static TestClusterBuilder builder(WorkDirectory work, PostgresBinaries binaries) {
    TestClusterBuilder builder =
        TestCluster.builder(binaries)
            .parent(work.path())
            .setting("shared_buffers", "256MB")
            .setting("maintenance_work_mem", "256MB")
            .setting("max_wal_size", "32GB")
            .setting("checkpoint_timeout", "1h")
            .setting("autovacuum", "off")
            .setting("synchronous_commit", "off")
            .setting("max_parallel_workers_per_gather", "0");
    WHILE_LOADING.forEach(builder::setting);
    return builder;
  }

  TestCluster cluster() {
    return cluster;
  }

  /** The postmaster. */
  OptionalLong server() {
    return OptionalLong.of(cluster.pid());
  }

  /** Of all databases, without WAL. */
  long bytes() {
    return bytes;
  }

  /** Makes the archiver of the server run a command, or none if it is empty. */
  void archiveBy(String command) {
    cluster.sql(
        "ALTER SYSTEM SET archive_command = '" + command.replace("'", "''") + "'",
        "SELECT pg_reload_conf()");
  }

  /** Waits until a query says true. */
  void awaitTrue(String sql) {
    Slots.awaitTrue(cluster, sql, cluster::isRunning);
  }

  /** The end of the WAL. */
  String end() {
    return cluster.value("SELECT pg_current_wal_lsn()");
  }

  @Override
  public void close() {
    cluster.close();
  }
}
