package io.tidemark.bench;

import java.util.Collection;
import java.util.List;

/** A subscription of PostgreSQL's own. */
final class NativeFollower implements Follower {
  static final String NAME = "subscription";

  private final AnalyticsApp app;
  private final Subscription subscription;

  /**
   * @param target empty
   * @param streaming of large transactions that go on; empty: as the version has it
   */
  NativeFollower(AnalyticsApp app, Db target, String streaming) {
    this.app = app;
    app.createTables(target);
    this.subscription =
        new Subscription(
            app.source(), target, streaming.isEmpty() ? "" : ", streaming = " + streaming);
  }

  @Override
  public void begin() {
    subscription.publish(app.tableNames());
    subscription.create();
    subscription.disable();
  }

  @Override
  public void resume() {
    subscription.enable();
  }

  @Override
  public Collection<Long> processes() {
    return List.of();
  }

  @Override
  public String table(String table) {
    return table;
  }

  @Override
  public void end() {
    subscription.drop();
  }
}
