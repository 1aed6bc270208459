package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Asks a server for its slots and for who streams from it. Keeps one session from step to step, and
 * opens another where that is lost. One thread uses it at a time.
 */
public final class ReplicationObserver implements AutoCloseable {
  private static final String KEEP_LIMIT =
      "SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'";

  private final KeptSession session;
  private final List<SlotName> owned;
  private final List<SlotName> all;
  private final Optional<Path> wal;
  private final WalRates rates = new WalRates();
  private final HorizonWatch horizon = new HorizonWatch();
  private WalRate rate = WalRate.unknown();

  /**
   * @param owned slots of Tidemark's, said to be missing where they are not there; others of its
   *     prefix are orphans
   * @param wal the server's pg_wal, where that is on this machine
   */
  public ReplicationObserver(PostgresEndpoint server, List<SlotName> owned, Optional<Path> wal) {
    this(server, owned, List.of(), wal);
  }

  /**
   * As above.
   *
   * @param passing slots of Tidemark's, too, that need not be there
   */
  public ReplicationObserver(
      PostgresEndpoint server, List<SlotName> owned, List<SlotName> passing, Optional<Path> wal) {
    this.session = new KeptSession(server);
    this.owned = List.copyOf(owned);
    this.all = Stream.concat(owned.stream(), passing.stream()).toList();
    this.wal = wal;
  }

  /**
   * Looks once.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED; the next step connects anew
   */
  public ReplicationView step() {
    try {
      return look(session.get());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private ReplicationView look(PostgresSession open) {
    List<ReplicationSlotRow> slots = open.replicationSlots();
    Lsn current = open.currentWalLsn();
    KeepLimit limit = open.value(KEEP_LIMIT).map(KeepLimit::ofMegabytes).orElse(KeepLimit.NONE);
    long nanos = System.nanoTime();
    rate = rate.next(current, nanos);
    rates.sample(current, nanos);
    Instant now = Instant.now();
    return new ReplicationView(
        now,
        open.isInRecovery(),
        current,
        rate.bytesPerSecond(),
        rates.high(),
        limit,
        views(slots, current, limit),
        open.standbys().stream().map(row -> StandbyLag.of(row, current)).toList(),
        horizon.look(open, now));
  }

  private List<SlotView> views(List<ReplicationSlotRow> slots, Lsn current, KeepLimit limit) {
    OptionalLong diskFree = diskFree();
    List<SlotView> views = new ArrayList<>();
    for (ReplicationSlotRow slot : slots) {
      views.add(view(slot, current, limit, diskFree));
    }
    for (SlotName name : owned) {
      if (slots.stream().noneMatch(slot -> slot.name().equals(name))) {
        views.add(SlotView.missing(name));
      }
    }
    return views;
  }

  private SlotView view(
      ReplicationSlotRow slot, Lsn current, KeepLimit limit, OptionalLong diskFree) {
    SlotHealth health = SlotHealth.judge(slot, limit, rate.bytesPerSecond());
    OptionalLong safe = slot.safeWalSize().map(OptionalLong::of).orElseGet(OptionalLong::empty);
    boolean lost = health instanceof SlotHealth.Lost;
    return new SlotView(
        slot.name(),
        slot.active(),
        SlotOwner.of(slot, all),
        SlotHealth.retainedBytes(slot, current),
        safe,
        TimeToLoss.estimate(safe, lost, diskFree, rates.high(), rate.bytesPerSecond()),
        health);
  }

  private OptionalLong diskFree() {
    if (wal.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Files.getFileStore(wal.get()).getUsableSpace());
    } catch (IOException e) {
      // Not ours to see, or of another machine: then it is unknown.
      return OptionalLong.empty();
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
