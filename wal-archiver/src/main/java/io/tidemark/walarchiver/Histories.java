package io.tidemark.walarchiver;

import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import java.util.List;

/** Arithmetic on histories. */
final class Histories {
  private Histories() {}

  /** The history of {@code timeline}, which is {@code descendant}'s or one of its ancestors. */
  static TimelineHistory of(Timeline timeline, TimelineHistory descendant) {
    List<Switch> before =
        descendant.switches().stream().filter(s -> s.from().compareTo(timeline) < 0).toList();
    return new TimelineHistory(timeline, before);
  }
}
