package io.tidemark.replicamanager;

import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;

/** What lies where a replica's data directory is to be. */
public sealed interface DirectoryView {

  /** There is none, and none was made yet. */
  record Absent() implements DirectoryView {}

  /** There is one without content, and none was made yet. */
  record Empty() implements DirectoryView {}

  /** One was made, and it is gone: a disk that is not mounted looks like this too. */
  record Gone(String why) implements DirectoryView {}

  /** It is not ours, and never written to. */
  record Foreign(String why) implements DirectoryView {}

  /** Ours, and not whole: a build was broken off. */
  record Unfinished(String why) implements DirectoryView {}

  /**
   * Ours, and whole.
   *
   * @param signal whether standby.signal is there: without it a start makes a primary
   * @param rejoining whether it may be changed so that it follows another primary than before
   */
  record Ours(ControlFile control, boolean signal, boolean rejoining) implements DirectoryView {
    /** How far it has replayed at least, on {@link #timeline}. */
    public Lsn position() {
      return control.minRecoveryTimeline().isPresent()
          ? Lsn.max(control.minRecoveryPoint(), control.redo())
          : control.checkpoint();
    }

    /** The timeline of {@link #position}. */
    public Timeline timeline() {
      return control.minRecoveryTimeline().orElse(control.timeline());
    }
  }

  /** It cannot be looked at. */
  record Unknown(String why) implements DirectoryView {}
}
