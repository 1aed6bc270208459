package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.SegmentContent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An independent reader: at every acknowledgement, before it is sent, it reads from the repository
 * that everything before it is there.
 */
final class AckAuditor implements ArchiverListener {
  private final ClusterRepository repository;
  private final List<String> lies = new CopyOnWriteArrayList<>();
  private volatile int audits;
  private @Nullable Timeline timeline;
  private Lsn checked = Lsn.ZERO;
  private Lsn timelineStart = Lsn.ZERO;

  /**
   * @param repository opened for this reader alone, on a store without faults
   */
  AckAuditor(ClusterRepository repository) {
    this.repository = repository;
  }

  int audits() {
    return audits;
  }

  /** What was acknowledged and not there, a sentence each. */
  List<String> lies() {
    return List.copyOf(lies);
  }

  @Override
  public void on(ArchiverEvent event) {
    switch (event) {
      case ArchiverEvent.Streaming streaming -> {
        timeline = streaming.timeline();
        checked = streaming.from();
        timelineStart = streaming.durable();
      }
      case ArchiverEvent.Acknowledging acknowledging -> audit(acknowledging.flushed());
      default -> {}
    }
  }

  private synchronized void audit(Lsn flushed) {
    Timeline on = timeline;
    if (on == null || !flushed.isAfter(timelineStart)) {
      return;
    }
    WalSegment segment = WalSegment.containing(on, checked, repository.identity().walSegmentSize());
    for (; segment.start().isBefore(flushed); segment = segment.next()) {
      Lsn to = Lsn.min(flushed, segment.end());
      boolean there =
          switch (repository.wal().read(segment)) {
            case SegmentContent.Whole whole -> true;
            case SegmentContent.Composed composed -> composed.end().isAtLeast(to);
            case SegmentContent.Absent absent -> false;
          };
      if (!there) {
        lies.add(flushed + " was acknowledged, and " + segment + " is not there up to " + to);
      }
      checked = segment.start();
    }
    audits++;
  }
}
