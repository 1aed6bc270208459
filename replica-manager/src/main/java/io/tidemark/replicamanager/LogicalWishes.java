package io.tidemark.replicamanager;

import java.util.List;
import java.util.Optional;

/** Where commands leave what they want of a native pipeline. */
public interface LogicalWishes {

  /**
   * Something that is to be copied again.
   *
   * @param id by which it is marked as done
   * @param table empty: every table of the pipeline
   */
  record Resync(long id, Optional<TableName> table) {}

  /** What is wanted now. */
  LogicalWish wish();

  /** What is to be copied again and is not yet marked as done, oldest first. */
  List<Resync> resyncs();

  /**
   * Marks one as done: what is left to do for it is in the target's state by then.
   *
   * @param outcome a phrase for people
   */
  void done(long id, String outcome);
}
