package io.tidemark.bench;

import java.util.Collection;

/** Tidemark's merge engine, paused and resumed by command, in a daemon that goes on. */
final class TidemarkFollower implements Follower {
  private final TidemarkPipeline pipeline;

  /**
   * @param target empty
   * @param labels whether the target has label columns
   */
  TidemarkFollower(AnalyticsScene scene, AnalyticsApp app, Db target, boolean labels) {
    this.pipeline = new TidemarkPipeline(scene, app.source(), target, labels, app.tables());
  }

  @Override
  public void begin() {
    pipeline.start();
    pipeline.awaitStreaming();
    pipeline.pause();
  }

  @Override
  public void resume() {
    pipeline.resume();
  }

  @Override
  public Collection<Long> processes() {
    return pipeline.processes();
  }

  @Override
  public String table(String name) {
    return TidemarkPipeline.table(name);
  }

  @Override
  public Measured tell(Measured run) {
    return run.with("heap MiB", pipeline.heapMib());
  }

  @Override
  public void end() {
    pipeline.end();
  }
}
