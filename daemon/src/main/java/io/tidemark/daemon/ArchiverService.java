package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.walarchiver.ArchiverListener;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives one cluster by streaming. A server that is another cluster's, or an object that another
 * writer put, ends neither this nor the daemon: other clusters are archived on, and every minute it
 * is looked whether that was put right. The look writes nothing.
 */
final class ArchiverService implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiverService.class);
  private static final Duration LONGEST_TURN = Duration.ofMinutes(5);
  private static final Duration REFUSED_PAUSE = Duration.ofMinutes(1);

  private final ClusterSettings cluster;
  private final RepositoryDoor door;
  private final Path spool;
  private final Vitals vitals;
  private final ArchiverListener listener;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Complaint complaint;
  private volatile @Nullable WalArchiver current;
  private volatile @Nullable Thread waiting;

  /**
   * @param spool directory of this cluster alone
   */
  ArchiverService(
      ClusterSettings cluster,
      RepositoryDoor door,
      Path spool,
      Vitals vitals,
      ArchiverListener listener) {
    this.cluster = cluster;
    this.door = door;
    this.spool = spool;
    this.vitals = vitals;
    this.listener = listener;
    this.complaint = new Complaint(LOG, cluster.name() + ": not archiving");
  }

  @Override
  public String name() {
    return "archive-" + cluster.name();
  }

  @Override
  public boolean holdsItsThread() {
    return true;
  }

  @Override
  public void run() throws InterruptedException {
    ClusterRepository repository = awaitRepository();
    while (closing.getCount() > 0) {
      WalArchiver archiver =
          new WalArchiver(cluster.archive(), Wiring.primary(cluster), repository, spool, listener);
      current = archiver;
      vitals.archiver = archiver::status;
      try {
        runUnlessClosing(archiver);
      } catch (TidemarkException e) {
        vitals.refusal = e;
        complaint.fails(e);
        closing.await(REFUSED_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        vitals.refusal = null;
      }
    }
  }

  private void runUnlessClosing(WalArchiver archiver) {
    // Between the check and run() a close finds the archiver by `current`, and run() returns.
    if (closing.getCount() > 0) {
      archiver.run();
    }
  }

  private ClusterRepository awaitRepository() throws InterruptedException {
    waiting = Thread.currentThread();
    try {
      return door.await();
    } finally {
      waiting = null;
    }
  }

  @Override
  public void close(Duration limit) {
    closing.countDown();
    Thread thread = waiting;
    if (thread != null) {
      thread.interrupt();
    }
    WalArchiver archiver = current;
    if (archiver != null) {
      archiver.close(limit);
    }
  }

  @Override
  public boolean isStuck() {
    WalArchiver archiver = current;
    return archiver != null && archiver.isStuck(LONGEST_TURN);
  }
}
