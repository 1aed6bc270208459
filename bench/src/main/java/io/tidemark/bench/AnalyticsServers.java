package io.tidemark.bench;

import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** A source and a target, fresh, on this machine. */
final class AnalyticsServers implements AutoCloseable {
  private final TestCluster source;
  private final TestCluster target;
  private final Meter meter;

  private AnalyticsServers(TestCluster source, TestCluster target, Meter meter) {
    this.source = source;
    this.target = target;
    this.meter = meter;
  }

  static AnalyticsServers start(WorkDirectory work, PostgresBinaries binaries, Meter meter) {
    TestCluster source = cluster(work, binaries);
    try {
      return new AnalyticsServers(source, cluster(work, binaries), meter);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** What a run of it is not to be disturbed by is off: checkpoints and vacuum. */
  private static TestCluster cluster(WorkDirectory work, PostgresBinaries binaries) {
    return TestCluster.builder(binaries)
        .parent(work.path())
        .setting("wal_level", "logical")
        .setting("shared_buffers", "512MB")
        .setting("maintenance_work_mem", "256MB")
        .setting("max_wal_size", "32GB")
        .setting("checkpoint_timeout", "1h")
        .setting("autovacuum", "off")
        .setting("max_logical_replication_workers", "10")
        .setting("max_worker_processes", "20")
        .start();
  }

  TestCluster source() {
    return source;
  }

  TestCluster target() {
    return target;
  }

  /**
   * Work of both servers, and of programs.
   *
   * @param programs processes that are no server's, asked again and again
   */
  Measured measure(Supplier<? extends Collection<Long>> programs, Runnable work) {
    double before = ProcFs.treeSeconds(source.pid());
    Measured measured = meter.work(OptionalLong.of(target.pid()), programs, work);
    double sources = ProcFs.treeSeconds(source.pid()) - before;
    return measured
        .withServerCpuSeconds(measured.serverCpuSeconds() + sources)
        .with("the source's of it", sources);
  }

  /** Ends what is left of a follower at the source. */
  void forget(String database) {
    new Db(source, database)
        .sql(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                + " WHERE NOT active",
            "DO $$ DECLARE p name; BEGIN FOR p IN SELECT pubname FROM pg_publication LOOP"
                + " EXECUTE format('DROP PUBLICATION %I', p); END LOOP; END $$");
  }

  /** Writes everything down, so that nobody meets what was done before. */
  void settle(WorkDirectory work) {
    source.sql("CHECKPOINT");
    target.sql("CHECKPOINT");
    work.settle();
  }

  @Override
  public void close() {
    target.close();
    source.close();
  }
}
