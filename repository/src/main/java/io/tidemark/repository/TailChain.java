package io.tidemark.repository;

import io.tidemark.repository.WalKey.Tail;
import java.util.ArrayList;
import java.util.List;

/**
 * The tails of one segment from which its beginning is composed, without a gap between them.
 *
 * @param tails in the order in which they are used
 * @param end offset after the last byte; 0 if no tail begins the segment
 */
record TailChain(List<Tail> tails, long end) {
  TailChain {
    tails = List.copyOf(tails);
  }

  /** Always takes the tail that begins at or before the position and reaches furthest. */
  static TailChain of(List<Tail> all) {
    List<Tail> rest = new ArrayList<>(all);
    rest.sort((a, b) -> Long.compare(a.from(), b.from()));
    List<Tail> chain = new ArrayList<>();
    long position = 0;
    int next = 0;
    while (true) {
      Tail best = null;
      long reach = position;
      while (next < rest.size() && rest.get(next).from() <= position) {
        if (rest.get(next).to() > reach) {
          best = rest.get(next);
          reach = best.to();
        }
        next++;
      }
      if (best == null) {
        return new TailChain(chain, position);
      }
      chain.add(best);
      position = reach;
    }
  }
}
