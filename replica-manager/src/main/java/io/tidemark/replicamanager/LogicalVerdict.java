package io.tidemark.replicamanager;

import java.util.List;

/** What becomes of one table of the source that a pattern matches. */
sealed interface LogicalVerdict {
  /**
   * It is copied and followed.
   *
   * @param as how it is published
   * @param changes what the target's table lacks, as ALTER TABLE has it; empty where there is none
   *     yet
   * @param revalue why rows that are there need to be copied again; empty: they need not
   * @param note something that waits for a decision meanwhile; may be empty
   */
  record Follow(PublicationTable as, List<String> changes, String revalue, String note)
      implements LogicalVerdict {
    public Follow {
      changes = List.copyOf(changes);
    }
  }

  /** It waits for a decision, and must not be published. */
  record Held(String why, String advice) implements LogicalVerdict {}

  /** It is left out. */
  record Ignored(String why) implements LogicalVerdict {}
}
