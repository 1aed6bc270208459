package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.store.Content;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeasesTest {
  private static final Duration TTL = Duration.ofSeconds(60);
  private final ClockedStore store = new ClockedStore();
  private final Leases mine = leases("mine");
  private final Leases theirs = leases("theirs");

  private Leases leases(String host) {
    RepositoryOptions options = TestWal.options(Compression.Algorithm.NONE, Optional.empty(), host);
    return new Leases(
        Part.of(store, new Keys("main"), TestWal.identity(false), options, Optional.empty()));
  }

  @Test
  void refusesWhatSomebodyElseHoldsAndNamesHim() {
    try (Lease lease = mine.acquire("backup", TTL)) {
      assertThat(lease.isHeld()).isTrue();
      assertThatThrownBy(() -> theirs.acquire("backup", TTL))
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_HELD))
          .hasMessageContaining("backup of main")
          .hasMessageContaining("mine/42/0.1.0")
          .hasMessageContaining(store.now.plus(TTL).toString());
      assertThat(theirs.held())
          .containsExactly(new LeaseInfo("backup", "mine/42/0.1.0", store.now.plus(TTL)));
    }
  }

  @Test
  void doesNotMixKindsOfWork() {
    try (Lease backup = mine.acquire("backup", TTL);
        Lease expire = theirs.acquire("expire", TTL)) {
      assertThat(backup.isHeld()).isTrue();
      assertThat(expire.isHeld()).isTrue();
      assertThat(mine.held()).extracting(LeaseInfo::work).containsExactly("backup", "expire");
    }
    assertThat(mine.held()).isEmpty();
  }

  @Test
  void givesItToTheNextWhenReleased() {
    mine.acquire("backup", TTL).close();

    try (Lease lease = theirs.acquire("backup", TTL)) {
      assertThat(lease.isHeld()).isTrue();
    }
  }

  @Test
  void keepsItWhileItIsRenewed() {
    try (Lease lease = mine.acquire("backup", TTL)) {
      for (int i = 0; i < 5; i++) {
        store.pass(Duration.ofSeconds(50));
        lease.renew();
        assertThatThrownBy(() -> theirs.acquire("backup", TTL)).hasMessageContaining("mine");
      }
    }
  }

  @Test
  void isTakenOverOnlyAfterItsDurationAndTheGrace() {
    Lease lease = mine.acquire("backup", TTL);
    store.pass(TTL.plus(LeaseObject.GRACE).minusMillis(1));
    assertThatThrownBy(() -> theirs.acquire("backup", TTL)).hasMessageContaining("mine");

    store.pass(Duration.ofMillis(1));
    try (Lease taken = theirs.acquire("backup", TTL)) {
      assertThat(taken.isHeld()).isTrue();
      assertThatThrownBy(lease::renew)
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_HELD))
          .hasMessageContaining("theirs/42/0.1.0");
      lease.close();
      assertThat(mine.held()).extracting(LeaseInfo::holder).containsExactly("theirs/42/0.1.0");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-86_400, -3600, 3600, 86_400})
  void doesNotCareForTheLocalClock(long storeIsAheadSeconds) {
    store.now = Instant.now().plusSeconds(storeIsAheadSeconds);
    try (Lease lease = mine.acquire("backup", TTL)) {
      assertThat(lease.isHeld()).isTrue();
      assertThatThrownBy(() -> theirs.acquire("backup", TTL)).hasMessageContaining("mine");
      store.pass(TTL.plus(LeaseObject.GRACE));
      try (Lease taken = theirs.acquire("backup", TTL)) {
        assertThat(taken.isHeld()).isTrue();
      }
    }
  }

  @Test
  void removesOlderNumbersAndTheClocksObjects() {
    try (Lease lease = mine.acquire("backup", TTL)) {
      for (int i = 0; i < 10; i++) {
        lease.renew();
      }
      mine.held();
      assertThat(store.keys()).containsExactly("main/leases/backup/000000000000000B.json");
    }
    assertThat(store.keys()).containsExactly("main/leases/backup/000000000000000C.json");
  }

  @Test
  void refusesALateComersNumberThatWasUsedAndRemoved() {
    LeaseObjects late =
        new LeaseObjects(
            Part.of(
                store,
                new Keys("main"),
                TestWal.identity(false),
                TestWal.options(Compression.Algorithm.NONE),
                Optional.empty()));
    mine.acquire("backup", TTL).close();
    try (Lease lease = theirs.acquire("backup", TTL)) {
      assertThat(late.put("backup", 2, 60, false)).isFalse();
      assertThat(lease.isHeld()).isTrue();
      lease.renew();
      assertThat(mine.held()).extracting(LeaseInfo::holder).containsExactly("theirs/42/0.1.0");
    }
  }

  @Test
  void hasOneWinnerAmongTwenty() throws Exception {
    for (int round = 0; round < 20; round++) {
      AtomicInteger winners = new AtomicInteger();
      CountDownLatch go = new CountDownLatch(1);
      List<Future<?>> all;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        all =
            IntStream.range(0, 20)
                .<Future<?>>mapToObj(
                    i ->
                        threads.submit(
                            () -> {
                              go.await();
                              try {
                                leases("racer").acquire("backup", TTL);
                                winners.incrementAndGet();
                              } catch (TidemarkException e) {
                                assertThat(e.code()).isEqualTo(ErrorCode.LEASE_HELD);
                              }
                              return null;
                            }))
                .toList();
        go.countDown();
      }
      for (Future<?> each : all) {
        each.get();
      }
      assertThat(winners).hasValue(1);
      store.pass(TTL.plus(LeaseObject.GRACE));
    }
  }

  @Test
  void showsLeasesOfAStoreThatMayOnlyBeRead() {
    store.now = Instant.now();
    try (Lease lease = mine.acquire("backup", TTL)) {
      store.readOnly = true;
      assertThat(theirs.held()).extracting(LeaseInfo::work).containsExactly("backup");
      assertThatThrownBy(() -> theirs.acquire("backup", TTL))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.DENIED));
      store.readOnly = false;
      assertThat(lease.isHeld()).isTrue();
    }
  }

  @Test
  void refusesAKindOfWorkThatCannotBeAKey() {
    assertThatIllegalArgumentException().isThrownBy(() -> mine.acquire("../x", TTL));
  }

  /** A store whose clock the test moves. */
  private static final class ClockedStore extends ForwardingStore {
    volatile Instant now = Instant.parse("2026-11-20T15:00:00Z");
    volatile boolean readOnly;
    private final Map<String, Instant> times = new ConcurrentHashMap<>();

    ClockedStore() {
      super(new MemoryStore());
    }

    void pass(Duration time) {
      now = now.plus(time);
    }

    List<String> keys() {
      return list("").map(ObjectInfo::key).toList();
    }

    @Override
    public synchronized boolean putIfAbsent(String key, Content content) {
      if (readOnly) {
        throw new StoreException(StoreException.Kind.DENIED, "read-only", "", null);
      }
      boolean put = super.putIfAbsent(key, content);
      if (put) {
        times.put(key, now);
      }
      return put;
    }

    @Override
    public synchronized Optional<ObjectInfo> head(String key) {
      return super.head(key)
          .map(o -> new ObjectInfo(o.key(), o.size(), times.getOrDefault(key, now)));
    }
  }
}
