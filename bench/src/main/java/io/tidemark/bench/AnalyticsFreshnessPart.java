package io.tidemark.bench;

import java.util.ArrayList;
import java.util.List;

/** How old a commit is when the target shows it, while pgbench works at a fixed rate. */
final class AnalyticsFreshnessPart {
  /** For a JVM to compile what runs often. */
  private static final int WARM_UP_SECONDS = 10;

  private static final int MILLIS = 1000;

  private final AnalyticsScene scene;
  private final AnalyticsApp app;
  private final Followers followers;

  AnalyticsFreshnessPart(AnalyticsScene scene, AnalyticsApp app) {
    this.scene = scene;
    this.app = app;
    this.followers = new Followers(scene, app);
  }

  Result run() {
    int given = scene.options().rate;
    int rate = given > 0 ? given : app.capacity() / 2;
    scene.progress().println("pgbench at " + rate + " transactions in a second");
    List<Following> contestants =
        followers.all().stream().map(entry -> new Following(entry, rate)).toList();
    return scene.rounds().run(Result.Task.ANALYTICS_FRESHNESS, 0, contestants);
  }

  private final class Following implements Contestant {
    private final Followers.Entry entry;
    private final int rate;

    Following(Followers.Entry entry, int rate) {
      this.entry = entry;
      this.rate = rate;
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
        follower.resume();
        app.mark();
        app.awaitMark(target, follower);
        return follower.tell(underLoad(follower, target));
      } finally {
        follower.end();
        app.servers().forget(app.source().name());
      }
    }

    private Measured underLoad(Follower follower, Db target) {
      int seconds = scene.options().freshnessSeconds;
      List<String> command = app.pgbench("-R", "" + rate, "-T", "" + (WARM_UP_SECONDS + seconds));
      Process pgbench = scene.shell().start(command);
      String table = follower.table(AnalyticsApp.PROBE);
      new Probe(app.source(), target, table).run(WARM_UP_SECONDS);
      List<Double> ages = new ArrayList<>();
      Measured measured =
          app.servers()
              .measure(
                  follower::processes,
                  () -> ages.addAll(new Probe(app.source(), target, table).run(seconds)));
      scene.shell().awaitSuccess(pgbench, command);
      return measured
          .withSeconds(Probe.quantile(ages, 0.99))
          .with("p50 ms", Probe.quantile(ages, 0.5) * MILLIS)
          .with("max ms", Probe.quantile(ages, 1) * MILLIS)
          .with("tx/s", rate);
    }
  }
}
