package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LockSearchTest {
  private final LockSearch search = new LockSearch(7);

  private static WalEvent lock(long at, Long... xids) {
    return new WalEvent.ExclusiveLocks(new Lsn(at), new Lsn(at + 8), List.of(xids));
  }

  private static WalEvent running(long at) {
    return new WalEvent.RunningTransactions(new Lsn(at), new Lsn(at + 8));
  }

  @Test
  void findsTheFirstLockAfterASnapshotWithoutIt() {
    search.begin();
    search.add(running(100));
    search.add(lock(200, 5L, 7L));
    search.add(lock(300, 7L));
    search.add(running(400));

    assertThat(search.first()).contains(new Lsn(200));
    assertThat(search.isOver()).isTrue();
  }

  @Test
  void goesOnBackWhileASnapshotTellsOfTheTransaction() {
    search.begin();
    search.add(lock(1100, 7L));
    search.add(running(1110));
    assertThat(search.isOver()).isFalse();

    search.begin();
    search.add(running(100));
    search.add(lock(200, 7L));

    assertThat(search.first()).contains(new Lsn(200));
    assertThat(search.isOver()).isTrue();
  }

  @Test
  void keepsTheLaterOneWhereTheEarlierSegmentHasNone() {
    search.begin();
    search.add(lock(1100, 7L));
    search.begin();
    search.add(lock(100, 8L));
    search.add(running(200));

    assertThat(search.first()).contains(new Lsn(1100));
  }

  @Test
  void findsNoneWhereOnlyOthersHoldLocks() {
    search.begin();
    search.add(lock(100, 8L));
    search.add(running(200));

    assertThat(search.first()).isEmpty();
    assertThat(search.isOver()).isTrue();
  }
}
