package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LogicalSlot;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds, makes and drops the slots of a feed. */
final class FeedSlots {
  private static final Logger LOG = LoggerFactory.getLogger(FeedSlots.class);
  private static final Duration RELEASE_LIMIT = Duration.ofSeconds(5);
  private static final Duration RELEASE_LOOK = Duration.ofMillis(50);

  /** For every transaction that runs when the slot is made. */
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(30);

  private static final int FAILOVER_FROM = 17;

  private final FeedSpec spec;
  private final FeedLinks links;

  FeedSlots(FeedSpec spec, FeedLinks links) {
    this.spec = spec;
    this.links = links;
  }

  Optional<ReplicationSlotRow> find(FeedRole role) {
    SlotName name = spec.slot(role);
    return links.decoded().replicationSlots().stream()
        .filter(slot -> slot.name().equals(name))
        .findFirst();
  }

  /** Makes it, and drops one of its name before. The snapshot lives as long as the connection. */
  LogicalSlot make(ReplicationConnection connection, FeedRole role) {
    drop(role);
    boolean failover =
        spec.pipeline().failoverSlots()
            && !spec.fromStandby()
            && links.decoded().serverVersion().major() >= FAILOVER_FROM;
    AtomicBoolean made = new AtomicBoolean();
    Thread helper = spec.fromStandby() ? logRunningTransactions(made) : null;
    try {
      return connection.createLogicalSlot(spec.slot(role), false, failover, CREATE_LIMIT);
    } finally {
      made.set(true);
      if (helper != null) {
        helper.interrupt();
      }
    }
  }

  /** A standby can begin to decode only where its primary has logged what runs. */
  private Thread logRunningTransactions(AtomicBoolean made) {
    return Thread.ofVirtual()
        .name("log-standby-snapshot")
        .start(
            () -> {
              try (PostgresSession session = PostgresSession.open(spec.primary())) {
                while (!made.get()) {
                  session.query("SELECT pg_log_standby_snapshot()", _ -> 0);
                  Thread.sleep(Duration.ofSeconds(1));
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (PostgresException e) {
                // An interrupt also breaks off what it is in the middle of.
                if (made.get()) {
                  return;
                }
                LOG.warn(
                    "{}: the primary cannot be asked to log its running transactions, so the slot on"
                        + " the standby waits for its next checkpoint: {}",
                    spec.name(),
                    e.explain());
              }
            });
  }

  /** A walsender has its slot for a moment longer than its client has the connection. */
  private Optional<ReplicationSlotRow> findReleased(FeedRole role) {
    long until = System.nanoTime() + RELEASE_LIMIT.toNanos();
    Optional<ReplicationSlotRow> slot = find(role);
    while (slot.filter(ReplicationSlotRow::active).isPresent() && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(RELEASE_LOOK.toNanos());
      slot = find(role);
    }
    return slot;
  }

  /**
   * Drops it, if it is there.
   *
   * @throws TidemarkException SLOT_UNUSABLE where somebody reads it, or it is not a logical one of
   *     this database
   */
  void drop(FeedRole role) {
    Optional<ReplicationSlotRow> slot = findReleased(role);
    if (slot.isEmpty()) {
      return;
    }
    if (slot.get().active()) {
      throw new TidemarkException(
          ErrorCode.SLOT_UNUSABLE,
          "the slot %s is in use by process %s; expected nobody"
              .formatted(
                  spec.slot(role), slot.get().activePid().map(String::valueOf).orElse("unknown")),
          "look for a second daemon with the same pipeline");
    }
    boolean ours =
        slot.get().plugin().equals(Optional.of("pgoutput"))
            && slot.get().database().equals(Optional.of(spec.source().database()));
    if (!ours) {
      throw new TidemarkException(
          ErrorCode.SLOT_UNUSABLE,
          "there is a slot %s that is not pgoutput's of database %s"
              .formatted(spec.slot(role), spec.source().database()),
          "choose another slot: for the source " + spec.source().name());
    }
    links.decoded().query("SELECT pg_drop_replication_slot(?)", _ -> 0, spec.slot(role).toString());
  }
}
