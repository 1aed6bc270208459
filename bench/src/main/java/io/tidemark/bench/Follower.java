package io.tidemark.bench;

import java.util.Collection;

/** One that keeps the target's tables as those of the {@link AnalyticsApp}. */
interface Follower {
  /** Makes the copy, after which changes wait at the source. */
  void begin();

  /** Lets it apply what waits, and what comes. */
  void resume();

  /** Its programs, beside the servers. */
  Collection<Long> processes();

  /** The name that a table of the source has in the target. */
  String table(String name);

  /** False where a program of it has ended, so that nothing more is to be expected. */
  default boolean isAlive() {
    return processes().stream()
        .allMatch(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
  }

  /** What else is known of a run. */
  default Measured tell(Measured run) {
    return run;
  }

  /** Ends it and drops what it had at the source. */
  void end();
}
