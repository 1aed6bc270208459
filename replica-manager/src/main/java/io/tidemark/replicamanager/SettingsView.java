package io.tidemark.replicamanager;

import java.util.List;
import java.util.Optional;

/** How a replica's settings differ from what they are to be. */
public sealed interface SettingsView {

  /** What they are to be, or are, is not known. */
  record Unknown(String why) implements SettingsView {}

  /**
   * Both are known.
   *
   * @param changes to be written; empty: they are right
   * @param stale whether the file is newer than what the server has loaded
   */
  record Known(List<Change> changes, boolean stale) implements SettingsView {
    public Known {
      changes = List.copyOf(changes);
    }

    /** Whether the server must be started again for them. */
    public boolean needsRestart() {
      return changes.stream().anyMatch(Change::restart);
    }

    public boolean isRight() {
      return changes.isEmpty() && !stale;
    }
  }

  /**
   * One setting.
   *
   * @param have in postgresql.auto.conf; empty: not there
   * @param want empty: to be taken out
   * @param restart whether a reload is not enough
   */
  record Change(String name, Optional<String> have, Optional<String> want, boolean restart) {
    /** Values are not shown: one may be long, and a log is no place for it. */
    @Override
    public String toString() {
      return name + (restart ? " (restart)" : "");
    }
  }
}
