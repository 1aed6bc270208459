package io.tidemark.replicamanager;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the operator has last commanded a replica to be. The daemon keeps it so. */
public sealed interface Wish {

  /** Follow its upstream. */
  record Running() implements Wish {}

  /** Receive WAL and do not apply it. */
  record Paused() implements Wish {}

  /**
   * Stand still at a recovery target.
   *
   * @param target for people: {@code time 2026-11-20 17:29:30Z}
   * @param settings recovery_target_* as they stand in postgresql.auto.conf, in addition to the
   *     usual ones
   */
  record HeldAt(String target, Map<String, String> settings) implements Wish {
    public HeldAt {
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /** It was made a primary by command, and is on its own since. */
  record Promoted() implements Wish {}

  /** It is to be gone. */
  record Dropped() implements Wish {}
}
