package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import java.util.TreeMap;

/**
 * How far one timeline's WAL is durable without a gap. Puts return in any order; the mark moves
 * only over a gapless prefix of those that have returned. Not for use by several threads.
 */
final class DurableMark {
  /** Durable stretches after the mark, start to end; only the furthest end of each start. */
  private final TreeMap<Lsn, Lsn> ahead = new TreeMap<>();

  private Lsn mark;

  /**
   * @param start everything before it is durable, or is nothing that this archive begins with
   */
  DurableMark(Lsn start) {
    this.mark = start;
  }

  /** The address after the last byte of the gapless prefix. */
  Lsn mark() {
    return mark;
  }

  /**
   * Takes note of a put that returned.
   *
   * @param from inclusive
   * @param to exclusive
   * @return whether the mark moved
   */
  boolean returned(Lsn from, Lsn to) {
    ahead.merge(from, to, Lsn::max);
    Lsn before = mark;
    while (!ahead.isEmpty() && mark.isAtLeast(ahead.firstKey())) {
      mark = Lsn.max(mark, ahead.pollFirstEntry().getValue());
    }
    return !mark.equals(before);
  }

  /** How many stretches wait for an earlier one. */
  int waiting() {
    return ahead.size();
  }
}
