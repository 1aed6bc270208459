package io.tidemark.restore;

import io.tidemark.postgres.Timeline;

/** Along which timeline a restore replays. */
public sealed interface TimelineChoice {
  /** The newest in the archive: PostgreSQL's own default. */
  record Latest() implements TimelineChoice {}

  /** The one on which the backup was taken. */
  record OfBackup() implements TimelineChoice {}

  /** A given one. */
  record Given(Timeline timeline) implements TimelineChoice {}
}
