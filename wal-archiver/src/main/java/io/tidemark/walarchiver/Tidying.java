package io.tidemark.walarchiver;

import io.tidemark.config.TidemarkException;
import io.tidemark.repository.WalArchive;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does once, on a virtual thread, what a process that was killed left undone: removes tails whose
 * segment is there whole, and puts the indexes of complete logs. What does not succeed is left to
 * the next start; nothing is wrong without it, only dearer to list.
 */
final class Tidying implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tidying.class);

  private final WalArchive archive;
  private final Thread thread;
  private volatile boolean closed;

  private Tidying(String name, WalArchive archive) {
    this.archive = archive;
    this.thread = Thread.ofVirtual().name(name + "-tidying").unstarted(this::run);
  }

  static Tidying start(String name, WalArchive archive) {
    Tidying tidying = new Tidying(name, archive);
    tidying.thread.start();
    return tidying;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  private void run() {
    try {
      int removed = archive.removeLeftTails();
      if (removed > 0) {
        LOG.info("{} tails removed that were left beside their whole segments", removed);
      }
      archive.sealLogs();
    } catch (TidemarkException e) {
      if (!closed) {
        LOG.warn("the archive was not tidied, this time: {}", e.getMessage());
      }
    }
  }
}
