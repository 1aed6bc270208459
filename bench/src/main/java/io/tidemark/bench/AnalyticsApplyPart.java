package io.tidemark.bench;

import java.util.List;
import java.util.function.Consumer;

/**
 * Catching up with changes that wait at the source, from when a follower is let go until the target
 * has all of them.
 */
final class AnalyticsApplyPart {
  private final AnalyticsScene scene;
  private final AnalyticsApp app;
  private final Followers followers;

  AnalyticsApplyPart(AnalyticsScene scene, AnalyticsApp app) {
    this.scene = scene;
    this.app = app;
    this.followers = new Followers(scene, app);
  }

  /**
   * pgbench's transactions, bulk inserts, one large transaction.
   *
   * @param told each result, when it is there
   */
  void run(Consumer<Result> told) {
    AnalyticsOptions options = scene.options();
    catchUp(
        Result.Task.ANALYTICS_APPLY_PGBENCH,
        followers.all(),
        new Changes("tx/s", options.transactions, a -> a.pgbench(options.transactions)),
        told);
    catchUp(
        Result.Task.ANALYTICS_APPLY_BULK,
        followers.all(),
        new Changes("rows/s", options.bulkRows, a -> a.insertBulk(options.bulkRows)),
        told);
    catchUp(
        Result.Task.ANALYTICS_APPLY_LARGE,
        followers.withoutDebezium(),
        new Changes("rows/s", options.largeRows, a -> a.insertAtOnce(options.largeRows)),
        told);
  }

  private void catchUp(
      Result.Task task, List<Followers.Entry> entries, Changes changes, Consumer<Result> told) {
    List<Following> contestants =
        entries.stream().map(entry -> new Following(entry, changes)).toList();
    if (!contestants.isEmpty()) {
      told.accept(scene.rounds().run(task, 0, contestants));
    }
  }

  /**
   * What is caught up with.
   *
   * @param unit of the rate
   * @param count of what is counted in a second
   */
  private record Changes(String unit, int count, Consumer<AnalyticsApp> make) {}

  private final class Following implements Contestant {
    private final Followers.Entry entry;
    private final Changes changes;

    Following(Followers.Entry entry, Changes changes) {
      this.entry = entry;
      this.changes = changes;
    }

    @Override
    public String name() {
      return entry.name();
    }

    @Override
    public Measured run() {
      app.reset();
      Db target = app.freshTarget();
      Follower follower = entry.make().apply(target);
      try {
        follower.begin();
        changes.make().accept(app);
        app.mark();
        app.servers().settle(scene.work());
        Measured measured = measure(follower, target);
        app.requireSame(target, follower);
        return follower.tell(measured.with(changes.unit(), changes.count() / measured.seconds()));
      } finally {
        follower.end();
        app.servers().forget(app.source().name());
      }
    }

    private Measured measure(Follower follower, Db target) {
      return app.servers()
          .measure(
              follower::processes,
              () -> {
                follower.resume();
                app.awaitMark(target, follower);
              });
    }
  }
}
