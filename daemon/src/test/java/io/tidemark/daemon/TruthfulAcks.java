package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.store.ObjectStore;
import io.tidemark.walarchiver.ArchiverEvent;
import io.tidemark.walarchiver.ArchiverListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Reads, before each position of the first timeline is acknowledged, whether the repository has all
 * before it: past all faults, and anew each time.
 */
final class TruthfulAcks implements ArchiverListener {
  private final ObjectStore store;
  private final List<String> lies = new CopyOnWriteArrayList<>();
  private volatile int audits;
  private Lsn first = Lsn.ZERO;
  private Lsn begun = Lsn.ZERO;
  private Lsn last = Lsn.ZERO;
  private TimelineHistory history = TimelineHistory.root(new io.tidemark.postgres.Timeline(1));

  TruthfulAcks(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void on(ArchiverEvent event) {
    switch (event) {
      case ArchiverEvent.Streaming streaming -> begin(streaming);
      case ArchiverEvent.Acknowledging acknowledging -> audit(acknowledging.flushed());
      default -> {}
    }
  }

  private synchronized void begin(ArchiverEvent.Streaming streaming) {
    history = TimelineHistory.root(streaming.timeline());
    if (first.equals(Lsn.ZERO)) {
      first = streaming.from();
      begun = streaming.durable();
    }
  }

  private synchronized void audit(Lsn flushed) {
    if (flushed.equals(last) || !flushed.isAfter(begun)) {
      return;
    }
    last = flushed;
    try (ClusterRepository reader =
        ClusterRepository.open(store, ArchivedCluster.NAME, KilledCluster.OPTIONS)) {
      Lsn reach = reader.wal().inventory().reachableFrom(history, first);
      if (reach.isBefore(flushed)) {
        lies.add(flushed + " is acknowledged, the repository ends at " + reach);
      }
    }
    audits++;
  }

  /** No acknowledgement ran ahead, and there were some. */
  synchronized void assertTruthful() {
    assertThat(lies).isEmpty();
    assertThat(audits).isPositive();
  }
}
