package io.tidemark.daemon;

import io.tidemark.walarchiver.PushStatus;
import io.tidemark.walarchiver.PushTarget;
import io.tidemark.walarchiver.WalPushInbox;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code wal-push} for the clusters that are ready for it, in one inbox for all: whenever
 * one comes or goes, the inbox is closed and made anew, and requests wait in their directory.
 */
final class PushService implements Service {
  private static final int PARALLEL = 2;
  private static final Duration LONGEST_TURN = Duration.ofMinutes(1);
  private static final PushStatus NOTHING =
      new PushStatus(0, 0, Optional.empty(), Optional.empty());

  private final Path runDirectory;
  private final Map<String, PushTarget> targets = new ConcurrentHashMap<>();
  private PushStatus before = NOTHING;
  private @Nullable WalPushInbox inbox;
  private boolean closing;

  PushService(Path runDirectory) {
    this.runDirectory = runDirectory;
  }

  /** From now on this cluster's files are taken. */
  void add(PushTarget target) {
    if (!target.equals(targets.put(target.cluster(), target))) {
      renew();
    }
  }

  /** When it returns, nothing of this cluster is under way any more. */
  void remove(String cluster) {
    if (targets.remove(cluster) != null) {
      renew();
    }
  }

  /** Whether requests of this cluster are being looked at. */
  boolean serves(String cluster) {
    return targets.containsKey(cluster) && !isStuck();
  }

  /** What was served since the process began. */
  synchronized PushStatus status() {
    WalPushInbox open = inbox;
    return open == null ? before : sum(before, open.status());
  }

  @Override
  public String name() {
    return "wal-push";
  }

  @Override
  public boolean holdsItsThread() {
    return true;
  }

  @Override
  public void run() throws InterruptedException {
    for (WalPushInbox open = next(); open != null; open = next()) {
      open.run();
    }
  }

  /** Not before there is somebody to serve: a request that waits is better than one refused. */
  private synchronized @Nullable WalPushInbox next() throws InterruptedException {
    if (inbox != null) {
      before = sum(before, inbox.status());
    }
    inbox = null;
    while (targets.isEmpty() && !closing) {
      wait();
    }
    inbox =
        closing ? null : new WalPushInbox(runDirectory, List.copyOf(targets.values()), PARALLEL);
    return inbox;
  }

  private void renew() {
    WalPushInbox open;
    synchronized (this) {
      notifyAll();
      open = inbox;
    }
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close(Duration limit) {
    synchronized (this) {
      closing = true;
    }
    renew();
  }

  @Override
  public synchronized boolean isStuck() {
    WalPushInbox open = inbox;
    return open != null && open.isStuck(LONGEST_TURN);
  }

  private static PushStatus sum(PushStatus first, PushStatus then) {
    Optional<Instant> lastArchived = then.lastArchived().or(first::lastArchived);
    boolean quiet = then.archived() + then.failed() == 0;
    return new PushStatus(
        first.archived() + then.archived(),
        first.failed() + then.failed(),
        lastArchived,
        quiet ? first.lastFailure() : then.lastFailure());
  }
}
