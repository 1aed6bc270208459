package io.tidemark.walarchiver;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs one line per event. ERROR where somebody must look; what only repeats itself is said once.
 */
public final class ArchiverLog implements ArchiverListener {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiverLog.class);

  private final String cluster;
  private static final String WAITING_FOR_LEASE = "waiting for the lease";

  /** Why nothing is archived, as it was said last; empty while something is. */
  private final AtomicReference<String> lastReason = new AtomicReference<>("");

  /** For one cluster, whose name begins each line. */
  public ArchiverLog(String cluster) {
    this.cluster = cluster;
  }

  @Override
  public void on(ArchiverEvent event) {
    switch (event) {
      case ArchiverEvent.WaitingForLease e -> waiting(e);
      case ArchiverEvent.SlotMade e -> slotMade(e);
      case ArchiverEvent.Streaming e -> streaming(e);
      case ArchiverEvent.SegmentPut e -> LOG.debug("{}: segment {} archived", cluster, e.segment());
      case ArchiverEvent.TailPut e ->
          LOG.debug("{}: {} to {} of {} archived", cluster, e.from(), e.to(), e.segment());
      case ArchiverEvent.Acknowledging e -> LOG.trace("{}: acknowledging {}", cluster, e.flushed());
      case ArchiverEvent.TimelineEnded e ->
          LOG.info(
              "{}: timeline {} ended at {}, going on with timeline {}",
              cluster,
              e.ended(),
              e.at(),
              e.next());
      case ArchiverEvent.GapRecorded e ->
          LOG.error(
              "{}: WAL from {} to {} of timeline {} is lost to the archive: {}. Nothing can be"
                  + " restored across it. Take a new backup now",
              cluster,
              e.gap().from(),
              e.gap().to(),
              e.gap().timeline(),
              e.gap().reason());
      case ArchiverEvent.PutFailed e ->
          LOG.warn(
              "{}: {} could not be put, trying again in {}: {}",
              cluster,
              e.what(),
              seconds(e.retryIn().toMillis()),
              e.reason().explain());
      case ArchiverEvent.PutRecovered e -> LOG.info("{}: {} put after all", cluster, e.what());
      case ArchiverEvent.SpoolFailed e -> LOG.error("{}: {}", cluster, e.reason().explain());
      case ArchiverEvent.SpoolRecovered e -> LOG.info("{}: the spool works again", cluster);
      case ArchiverEvent.Disconnected e ->
          LOG.warn(
              "{}: archiving interrupted, trying again in {}: {}",
              cluster,
              seconds(e.retryIn().toMillis()),
              e.reason().explain());
      case ArchiverEvent.Refused e -> refused(e);
      case ArchiverEvent.Stopped e ->
          LOG.info("{}: archiving stopped at {}, received {}", cluster, e.durable(), e.received());
    }
  }

  private void slotMade(ArchiverEvent.SlotMade e) {
    if (e.replaced()) {
      LOG.warn("{}: slot {} had lost its WAL and was made anew", cluster, e.slot());
    } else {
      LOG.info("{}: slot {} made, it keeps WAL from {}", cluster, e.slot(), e.restart());
    }
  }

  private void streaming(ArchiverEvent.Streaming e) {
    lastReason.set("");
    LOG.info(
        "{}: streaming timeline {} from {}, archived up to {}",
        cluster,
        e.timeline(),
        e.from(),
        e.durable());
  }

  /** The message differs from time to time, in how long the lease is still held. */
  private void waiting(ArchiverEvent.WaitingForLease e) {
    if (!WAITING_FOR_LEASE.equals(lastReason.getAndSet(WAITING_FOR_LEASE))) {
      LOG.info("{}: not archiving: {}", cluster, e.reason().getMessage());
    }
  }

  private void refused(ArchiverEvent.Refused e) {
    String text = e.reason().explain();
    if (!text.equals(lastReason.getAndSet(text))) {
      LOG.error("{}: not archiving: {}", cluster, text);
    }
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
