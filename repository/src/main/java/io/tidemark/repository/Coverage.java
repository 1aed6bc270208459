package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalInventory.Stretch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which WAL of one timeline there is without interruption, and what is missing between.
 *
 * @param stretches ascending, none touching the next
 * @param gaps on record, and holes, ascending
 */
record Coverage(List<Stretch> stretches, List<WalGap> gaps) {

  /**
   * @param pieces what is archived, in any order, perhaps overlapping
   * @param recorded gaps on record; what lies in one does not count as archived
   */
  static Coverage of(Timeline timeline, List<Stretch> pieces, List<WalGap> recorded, Instant now) {
    List<Stretch> stretches = merge(pieces);
    for (WalGap gap : recorded) {
      stretches = stretches.stream().flatMap(s -> without(s, gap).stream()).toList();
    }
    List<WalGap> gaps = new ArrayList<>(recorded);
    for (int i = 1; i < stretches.size(); i++) {
      Lsn from = stretches.get(i - 1).to();
      Lsn to = stretches.get(i).from();
      if (recorded.stream().noneMatch(gap -> gap.from().isBefore(to) && gap.to().isAfter(from))) {
        gaps.add(new WalGap(timeline, from, to, now, WalGap.FOUND));
      }
    }
    gaps.sort(Comparator.comparing(WalGap::from));
    return new Coverage(stretches, List.copyOf(gaps));
  }

  private static List<Stretch> merge(List<Stretch> pieces) {
    List<Stretch> merged = new ArrayList<>();
    for (Stretch piece : pieces.stream().sorted(Comparator.comparing(Stretch::from)).toList()) {
      if (!merged.isEmpty() && merged.getLast().to().isAtLeast(piece.from())) {
        Stretch last = merged.removeLast();
        merged.add(new Stretch(last.from(), Lsn.max(last.to(), piece.to())));
      } else {
        merged.add(piece);
      }
    }
    return merged;
  }

  private static List<Stretch> without(Stretch stretch, WalGap gap) {
    List<Stretch> rest = new ArrayList<>();
    if (stretch.from().isBefore(gap.from())) {
      rest.add(new Stretch(stretch.from(), Lsn.min(stretch.to(), gap.from())));
    }
    if (stretch.to().isAfter(gap.to())) {
      rest.add(new Stretch(Lsn.max(stretch.from(), gap.to()), stretch.to()));
    }
    return rest;
  }
}
