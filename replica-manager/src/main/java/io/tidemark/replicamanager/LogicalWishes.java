package io.tidemark.replicamanager;

import java.util.List;

/** Where commands leave what they want of a native pipeline. */
public interface LogicalWishes {

  /**
   * A table that is to be copied again.
   *
   * @param id by which it is marked as done
   */
  record Resync(long id, TableName table) {}

  /** What is wanted now. */
  LogicalWish wish();

  /** The tables that are to be copied again and are not yet marked as done, oldest first. */
  List<Resync> resyncs();

  /**
   * Marks one as done: what is left to do for it is in the target's state by then.
   *
   * @param outcome a phrase for people
   */
  void done(long id, String outcome);
}
