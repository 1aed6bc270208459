package io.tidemark.analytics;

import io.tidemark.analytics.TableComparison.Difference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells rows that differ from rows that were only changing: both sides are looked at again and
 * again, and a difference counts when the source's row was the same before and after each look at
 * the target, and the target's never was that.
 */
final class VerificationRecheck {
  private static final int ROUNDS = 5;

  private final TableComparison comparison;
  private final VerificationPoint point;

  VerificationRecheck(TableComparison comparison, VerificationPoint point) {
    this.comparison = comparison;
    this.point = point;
  }

  /**
   * What is left of differences.
   *
   * @param undecided rows of which the source's changed meanwhile
   */
  record Outcome(List<Difference> confirmed, long undecided) {}

  Outcome check(List<Difference> candidates) {
    Map<RowKey, Difference> left = new LinkedHashMap<>();
    candidates.forEach(each -> left.put(each.key(), each));
    Set<RowKey> changing = new HashSet<>();
    for (int round = 0; round < ROUNDS && !left.isEmpty(); round++) {
      look(left, changing);
    }
    List<Difference> confirmed = new ArrayList<>();
    left.forEach(
        (key, difference) -> {
          if (!changing.contains(key)) {
            confirmed.add(difference);
          }
        });
    return new Outcome(confirmed, (long) left.size() - confirmed.size());
  }

  private void look(Map<RowKey, Difference> left, Set<RowKey> changing) {
    List<RowKey> keys = List.copyOf(left.keySet());
    Map<RowKey, byte[] @Nullable []> before = comparison.ofSource(keys);
    point.await();
    Map<RowKey, byte[] @Nullable []> target = comparison.ofTarget(keys);
    Map<RowKey, byte[] @Nullable []> after = comparison.ofSource(keys);
    for (RowKey key : keys) {
      byte @Nullable [] @Nullable [] found = target.get(key);
      byte @Nullable [] @Nullable [] wanted = after.get(key);
      boolean changed = !TableComparison.isEqual(before.get(key), wanted);
      if (TableComparison.isEqual(found, wanted)
          || TableComparison.isEqual(found, before.get(key))) {
        left.remove(key);
      } else if (changed) {
        changing.add(key);
      } else {
        left.put(key, new Difference(key, wanted, found));
      }
    }
  }
}
