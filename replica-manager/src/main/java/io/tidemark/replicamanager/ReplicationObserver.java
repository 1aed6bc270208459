package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server for its slots and for who streams from it. Keeps one session from step to step, and
 * opens another where that is lost. One thread uses it at a time.
 */
public final class ReplicationObserver implements AutoCloseable {
  private static final String KEEP_LIMIT =
      "SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'";

  private final PostgresEndpoint server;
  private final List<SlotName> expected;
  private WalRate rate = WalRate.unknown();
  private @Nullable PostgresSession session;

  /**
   * @param expected slots that are said to be missing where they are not there
   */
  public ReplicationObserver(PostgresEndpoint server, List<SlotName> expected) {
    this.server = server;
    this.expected = List.copyOf(expected);
  }

  /**
   * Looks once.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED; the next step connects anew
   */
  public ReplicationView step() {
    try {
      return look(connected());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private ReplicationView look(PostgresSession open) {
    List<ReplicationSlotRow> slots = open.replicationSlots();
    Lsn current = open.currentWalLsn();
    KeepLimit limit = open.value(KEEP_LIMIT).map(KeepLimit::ofMegabytes).orElse(KeepLimit.NONE);
    rate = rate.next(current, System.nanoTime());
    return new ReplicationView(
        Instant.now(),
        open.isInRecovery(),
        current,
        rate.bytesPerSecond(),
        limit,
        views(slots, current, limit),
        open.standbys().stream().map(row -> StandbyLag.of(row, current)).toList());
  }

  private List<SlotView> views(List<ReplicationSlotRow> slots, Lsn current, KeepLimit limit) {
    List<SlotView> views = new ArrayList<>();
    for (ReplicationSlotRow slot : slots) {
      views.add(
          new SlotView(
              slot.name(),
              slot.active(),
              SlotHealth.retainedBytes(slot, current),
              slot.safeWalSize().map(OptionalLong::of).orElseGet(OptionalLong::empty),
              SlotHealth.judge(slot, limit, rate.bytesPerSecond())));
    }
    for (SlotName name : expected) {
      if (slots.stream().noneMatch(slot -> slot.name().equals(name))) {
        views.add(missing(name));
      }
    }
    return views;
  }

  private static SlotView missing(SlotName name) {
    return new SlotView(
        name, false, OptionalLong.empty(), OptionalLong.empty(), new SlotHealth.Missing());
  }

  private PostgresSession connected() {
    PostgresSession open = session;
    if (open == null || open.isClosed()) {
      open = PostgresSession.open(server);
      session = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
