package io.tidemark.daemon;

import io.tidemark.restore.RestoreProgress;

/** Shows how far the files of a restore, or of a replica's build, are. */
record FilesProgress(ProgressBar bar) implements RestoreProgress {
  @Override
  public void step(String what) {
    bar.step(what);
  }

  @Override
  public void planned(long bytes) {
    bar.total(bytes);
  }

  @Override
  public void restored(long bytes) {
    bar.add(bytes);
  }
}
