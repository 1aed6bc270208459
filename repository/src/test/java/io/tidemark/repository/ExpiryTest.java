package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.Compression.Algorithm;
import io.tidemark.store.Content;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ExpiryTest {
  private static final RetentionPolicy ONE_FULL = new RetentionPolicy(Duration.ofHours(1), 1);
  private static final Timeline ONE = TestWal.ONE;

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private final ClusterRepository repository =
      ClusterRepository.create(
          store, "c", TestWal.identity(false), TestWal.options(Algorithm.ZSTD));
  private final Part part = repository.backups().part();

  private static Lsn lsn(long segment) {
    return TestWal.segment(1, segment).start();
  }

  private BackupName name(int hoursAgo) {
    return BackupName.full(now.minus(Duration.ofHours(hoursAgo)));
  }

  private Map<String, byte[]> content(int hoursAgo) {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("a", new byte[] {(byte) hoursAgo, 1, 2});
    files.put("b", new byte[] {(byte) hoursAgo, 3});
    return files;
  }

  private void full(int hoursAgo, long segment) {
    BackupWriter writer = begin(hoursAgo, segment);
    List<BackupFile> files = BackupFixture.store(writer, content(hoursAgo));
    BackupInfo info =
        new BackupInfo(
            name(hoursAgo),
            TestWal.SYSTEM,
            15,
            1,
            8192,
            TestWal.SIZE,
            ONE,
            lsn(segment).plus(40),
            lsn(segment).plus(80),
            lsn(segment + 1).plus(400),
            now.minus(Duration.ofHours(hoursAgo)),
            now.minus(Duration.ofHours(hoursAgo)).plusSeconds(60),
            false,
            false,
            Optional.empty());
    writer.complete(
        new Manifest(
            info, BackupTotals.of(info.name(), files), "label", "", List.of(), List.of(), files));
  }

  private BackupWriter begin(int hoursAgo, long segment) {
    return repository.backups().begin(name(hoursAgo), ONE, lsn(segment).plus(40));
  }

  /** Backups 40, 30 and 20 hours ago at the segments 4090, 4100 and 4110; WAL up to 4120. */
  private void makeHistory() {
    full(40, 4090);
    full(30, 4100);
    full(20, 4110);
    for (long number = 4080; number < 4120; number++) {
      TestWal.put(repository.wal(), TestWal.segment(1, number));
    }
    WalSegment open = TestWal.segment(1, 4120);
    repository.wal().putTail(open, open.start(), TestWal.part(open, 0, 9000), WalSummary.EMPTY);
    WalSegment old = TestWal.segment(1, 4085);
    repository.wal().putTail(old, old.start(), TestWal.part(old, 0, 9000), WalSummary.EMPTY);
    repository.wal().recordGap(new WalGap(ONE, lsn(10), lsn(11), now, "test"));
    repository.wal().recordGap(new WalGap(ONE, lsn(4150), lsn(4151), now, "test"));
  }

  private Expiry expiry() {
    return new Expiry(repository, ONE_FULL);
  }

  private ExpiryResult run() {
    return expiry().run(now, plan -> {});
  }

  private List<BackupName> backups() {
    return repository.backups().list().stream().map(BackupEntry::name).toList();
  }

  private List<String> keysWithout(String part) {
    return BackupFixture.keys(store).stream().filter(key -> !key.contains(part)).toList();
  }

  @Test
  void removesBackupsAndTheWalBeforeTheOldestThatStays() {
    makeHistory();
    ExpiryResult result = run();
    assertThat(backups()).containsExactly(name(20));
    assertThat(result.backups()).isEqualTo(2);
    assertThat(result.segments()).isEqualTo(30);
    // Two backups of backup.json, manifest and one pack; 30 segments, a tail and a gap.
    assertThat(result.objects()).isEqualTo(2 * 3 + 30 + 1 + 1);
    assertThat(result.bytes()).isPositive();
    assertThat(repository.wal().inventory().timelines().getFirst().stretches().getFirst().from())
        .isEqualTo(lsn(4110));
    assertThat(BackupFixture.keys(store)).noneMatch(key -> key.contains(name(40).text()));
    assertThat(repository.wal().inventory().timelines().getFirst().gaps()).hasSize(1);
    Manifest kept = repository.backups().manifest(name(20));
    assertThat(BackupFixture.read(part, kept).get("a")).isEqualTo(content(20).get("a"));
    assertThat(run().objects()).isZero();
  }

  @Test
  void removesTheIndexOfALogBeforeItsFirstSegment() {
    for (long number = 4096; number < 8192 + 20; number++) {
      store.putIfAbsent(part.keys().segment(TestWal.segment(1, number)), Content.of(new byte[0]));
    }
    String index = part.keys().index(TestWal.segment(1, 4096));
    store.putIfAbsent(index, Content.of(new byte[0]));
    new WalExpiry(part, new Deletions(store, () -> {}))
        .remove(new ExpiryPlan.WalRemoval(ONE, lsn(5000), 0));
    List<String> deleted =
        store.calls().stream()
            .filter(call -> call.operation() == Operation.DELETE)
            .map(FaultyStore.Call::key)
            .toList();
    assertThat(deleted.getFirst()).isEqualTo(index);
    assertThat(deleted.get(1)).isEqualTo(part.keys().segment(TestWal.segment(1, 4096)));
    assertThat(BackupFixture.keys(store)).contains(part.keys().segment(TestWal.segment(1, 5000)));
    assertThat(BackupFixture.keys(store))
        .doesNotContain(part.keys().segment(TestWal.segment(1, 4999)));
  }

  @Test
  void removesNothingWhenItIsOnlyAsked() {
    makeHistory();
    List<String> before = BackupFixture.keys(store);
    ExpiryPlan plan = expiry().plan(now);
    assertThat(plan.removed()).hasSize(2);
    assertThat(BackupFixture.keys(store)).isEqualTo(before);
    assertThatThrownBy(
            () ->
                expiry()
                    .run(
                        now,
                        announced -> {
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");
    assertThat(keysWithout("/leases/")).isEqualTo(before);
  }

  @Test
  void removesNothingWhenThePlanRefuses() {
    makeHistory();
    List<String> before = keysWithout("/leases/");
    ExpiryResult result = expiry().run(now.plus(Duration.ofDays(300)), plan -> {});
    assertThat(result.plan().refusals()).isNotEmpty();
    assertThat(keysWithout("/leases/")).isEqualTo(before);
  }

  @Test
  void endsWhereItWasKilledAndGoesOnFromThere() {
    int kills = 0;
    for (int nth = 1; nth < 1000; nth++) {
      BackupFixture.keys(store).stream()
          .filter(key -> !key.endsWith("cluster.json"))
          .forEach(store::delete);
      makeHistory();
      store.nth(
          nth,
          call ->
              call.operation() == Operation.DELETE
                  && (call.key().contains("/wal/") || call.key().contains("/backups/")),
          fault(nth));
      boolean killed = false;
      try {
        run();
      } catch (StoreException e) {
        killed = true;
      }
      store.clear();
      if (!killed) {
        break;
      }
      kills++;
      assertWhole();
      run();
      assertThat(backups()).containsExactly(name(20));
      assertThat(BackupFixture.keys(store)).noneMatch(key -> key.contains(name(40).text()));
      assertThat(BackupFixture.keys(store)).noneMatch(key -> key.contains(name(30).text()));
      assertWhole();
      assertThat(run().objects()).isZero();
    }
    assertThat(kills).isGreaterThan(8);
  }

  private static StoreFault fault(int nth) {
    return nth % 2 == 0
        ? new StoreFault.Fail(StoreException.Kind.UNAVAILABLE)
        : new StoreFault.LoseAnswer(StoreException.Kind.UNAVAILABLE);
  }

  /** What looks like a backup is one: with manifest, packs and WAL; nothing can be resumed. */
  private void assertWhole() {
    WalInventory wal = repository.wal().inventory();
    for (BackupEntry entry : repository.backups().list()) {
      assertThat(entry).isInstanceOf(BackupEntry.Completed.class);
      BackupInfo info = ((BackupEntry.Completed) entry).info();
      assertThat(BackupFixture.read(part, repository.backups().manifest(info.name())))
          .containsKeys("a", "b");
      assertThat(wal.reachableFrom(wal.timelines().getFirst().history(), info.startLsn()))
          .isEqualTo(lsn(4120).plus(9000));
    }
  }

  @Test
  void leavesAnUnfinishedBackupToWhoHoldsTheLease() {
    makeHistory();
    begin(50, 4111);
    Expiry threeDays = new Expiry(repository, new RetentionPolicy(Duration.ofDays(3), 1));
    assertThat(threeDays.plan(now).unfinished()).isEmpty();
    Instant later = now.plus(Duration.ofHours(25));
    assertThat(threeDays.plan(later).unfinished())
        .extracting(ExpiryPlan.Decision::name)
        .contains(name(50));
    // The backup begins to go on with it after the plan was made.
    try (Lease lease = repository.leases().acquire("backup", Duration.ofMinutes(1))) {
      assertThat(lease).isNotNull();
      assertThat(threeDays.plan(later).unfinished()).isEmpty();
    }
    Lease[] taken = new Lease[1];
    threeDays.run(
        later, plan -> taken[0] = repository.leases().acquire("backup", Duration.ofMinutes(1)));
    assertThat(backups()).contains(name(50));
    taken[0].close();
    assertThat(threeDays.run(later, plan -> {}).unfinished()).isEqualTo(1);
    assertThat(backups()).doesNotContain(name(50));
  }

  @Test
  void runsOnlyOnceAtATime() {
    makeHistory();
    try (Lease lease = repository.leases().acquire(Expiry.LEASE, Duration.ofMinutes(1))) {
      assertThat(lease).isNotNull();
      assertThatThrownBy(this::run)
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_HELD));
    }
    assertThat(run().backups()).isEqualTo(2);
  }
}
