package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalEvent.TransactionEnd;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.WalSearch.Found;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Searches the WAL of a real server that was promoted once, with the server's own words as oracle.
 */
class WalSearchTest {
  private static final int MAJOR = 17;
  private static final Timeline TWO = new Timeline(2);

  /** A transaction as the server tells of it. */
  private record Told(long xid, Instant committed, Lsn after) {}

  private static final List<Told> TOLD = new ArrayList<>();
  private static SystemId system = TestWal.SYSTEM;
  private static Lsn begin = Lsn.ZERO;
  private static Lsn beforeTablespace = Lsn.ZERO;
  private static Path location = Path.of("");
  private static long tablespace;
  private static Lsn first = Lsn.ZERO;
  private static Lsn second = Lsn.ZERO;
  private static Lsn end = Lsn.ZERO;
  private static TimelineHistory history = TimelineHistory.root(TWO);
  private static WalArchive archive = archive(TestWal.SYSTEM);
  private static WalInventory inventory = archive.inventory();

  private static WalArchive archive(SystemId systemId) {
    return new WalArchive(
        Part.of(
            new MemoryStore(),
            new Keys("main"),
            new ClusterIdentity(systemId, MAJOR, TestWal.SIZE, false, Instant.EPOCH),
            TestWal.options(Compression.Algorithm.LZ4),
            Optional.empty()));
  }

  @BeforeAll
  static void archiveAServersWal() throws Exception {
    try (TestCluster cluster =
        TestCluster.builder(PostgresBinaries.of(MAJOR))
            .walSegmentMegabytes(1)
            .setting("track_commit_timestamp", "on")
            .setting("autovacuum", "off")
            .setting("wal_keep_size", "512MB")
            .start()) {
      begin = lsn(cluster);
      cluster.sql("CREATE TABLE t (n int, filler text)");
      work(cluster, 12);
      first = Lsn.parse(cluster.value("SELECT pg_create_restore_point('twice')"));
      location = Files.createDirectory(cluster.data().resolveSibling("fast"));
      OsUser.own(location);
      beforeTablespace = lsn(cluster);
      cluster.sql("CREATE TABLESPACE fast LOCATION '" + location + "'");
      tablespace =
          Long.parseLong(cluster.value("SELECT oid FROM pg_tablespace WHERE spcname = 'fast'"));
      work(cluster, 3);
      promote(cluster);
      work(cluster, 12);
      second = Lsn.parse(cluster.value("SELECT pg_create_restore_point('twice')"));
      cluster.sql("SELECT pg_switch_wal()");
      work(cluster, 1);
      end = Lsn.parse(cluster.value("SELECT pg_current_wal_insert_lsn()"));
      system = SystemId.parse(cluster.value("SELECT system_identifier FROM pg_control_system()"));
      archive = archive(system);
      cluster.stop();
      archive(cluster.data().resolve("pg_wal"));
    }
    inventory = archive.inventory();
  }

  private static Lsn lsn(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT pg_current_wal_insert_lsn()"));
  }

  /** Every third transaction fills more than a segment. */
  private static void work(TestCluster cluster, int transactions) {
    for (int i = 0; i < transactions; i++) {
      int rows = i % 3 == 0 ? 3000 : 3;
      String xid =
          cluster.value(
              ("WITH i AS (INSERT INTO t SELECT n, repeat('x', 400) FROM generate_series(1, %d) n"
                      + " RETURNING 1) SELECT pg_current_xact_id() FROM i LIMIT 1")
                  .formatted(rows));
      String time =
          cluster.value(
              "SELECT to_char(pg_xact_commit_timestamp('%s') AT TIME ZONE 'UTC',".formatted(xid)
                  + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
      TOLD.add(new Told(Long.parseLong(xid), Instant.parse(time), lsn(cluster)));
    }
  }

  private static void promote(TestCluster cluster) throws IOException {
    cluster.stop();
    Path signal = Files.createFile(cluster.data().resolve("standby.signal"));
    OsUser.own(signal);
    cluster.start();
    cluster.promote();
  }

  private static void archive(Path pgWal) throws IOException {
    byte[] file = Files.readAllBytes(pgWal.resolve(TWO.historyFileName()));
    archive.putHistory(TWO, file);
    history = TimelineHistory.parse(TWO, file);
    Lsn left = history.start();
    WalSource one =
        new WalSource(
            PostgresMajor.of(MAJOR), system, TestWal.SIZE, TimelineHistory.root(TestWal.ONE));
    WalSource two = new WalSource(PostgresMajor.of(MAJOR), system, TestWal.SIZE, history);
    archive(pgWal, one, left);
    archive(pgWal, two, end);
  }

  /** Whole segments, and what is before {@code to} of the last one as a tail. */
  private static void archive(Path pgWal, WalSource source, Lsn to) throws IOException {
    Timeline timeline = source.history().timeline();
    List<WalSegment> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(pgWal)) {
      files
          .map(file -> file.getFileName().toString().replace(".partial", ""))
          .filter(name -> WalSegment.isName(name) && name.startsWith(timeline.hex()))
          .map(name -> WalSegment.parse(name, TestWal.SIZE))
          .filter(segment -> segment.start().isBefore(to))
          .sorted()
          .forEach(segments::add);
    }
    Map<WalSegment, WalSummary> summaries = new TreeMap<>();
    WalScanner scanner =
        new WalScanner(
            source,
            segments.getFirst().start(),
            event -> {
              WalSegment in = WalSegment.containing(timeline, event.end().plus(-1), TestWal.SIZE);
              summaries.merge(in, summary(event), WalSummary::plus);
            });
    for (WalSegment segment : segments) {
      ByteBuffer raw = read(pgWal, segment);
      int length = (int) Math.min(TestWal.SIZE.bytes(), to.minus(segment.start()));
      scanner.feed(segment.start(), raw.slice(0, length));
      WalSummary summary = summaries.getOrDefault(segment, WalSummary.EMPTY);
      if (length == TestWal.SIZE.bytes()) {
        archive.putSegment(segment, raw, summary);
      } else {
        archive.putTail(segment, segment.start(), raw.slice(0, length), summary);
      }
    }
  }

  private static ByteBuffer read(Path pgWal, WalSegment segment) throws IOException {
    Path whole = pgWal.resolve(segment.name());
    return ByteBuffer.wrap(
        Files.readAllBytes(
            Files.exists(whole) ? whole : pgWal.resolve(segment.name() + ".partial")));
  }

  private static WalSummary summary(WalEvent event) {
    return switch (event) {
      case TransactionEnd e ->
          new WalSummary(
              1, Optional.of(e.time()), Optional.of(e.time()), e.xid(), e.xid(), List.of());
      case WalEvent.RestorePoint p ->
          new WalSummary(
              0,
              Optional.empty(),
              Optional.empty(),
              0,
              0,
              List.of(new WalSummary.RestorePoint(p.name(), p.end(), p.time())));
      case WalEvent.TablespaceMade _ ->
          new WalSummary(
              0, Optional.empty(), Optional.empty(), 0, 0, List.of(), OptionalLong.of(1));
      default -> WalSummary.EMPTY;
    };
  }

  private static WalSearch search() {
    return new WalSearch(
        archive, new ClusterIdentity(system, MAJOR, TestWal.SIZE, false, Instant.EPOCH), inventory);
  }

  @Test
  void reachesTheEndAcrossTheSwitch() {
    assertThat(inventory.reachableFrom(history, begin)).isEqualTo(end);
    assertThat(inventory.remarks()).isEmpty();
  }

  @Test
  void findsEveryTransactionWhereTheServerCommittedIt() {
    for (Told told : TOLD) {
      Found found = search().endOf(history, begin, told.xid()).orElseThrow();
      assertThat(found.at()).isEqualTo(told.committed());
      assertThat(found.end()).isEqualTo(told.after());
      assertThat(found.start().isBefore(found.end())).isTrue();
    }
    assertThat(search().endOf(history, begin, TOLD.getLast().xid() + 100)).isEmpty();
    assertThat(search().endOf(history, TOLD.get(3).after(), TOLD.get(3).xid())).isEmpty();
  }

  @Test
  void findsTheFirstCommitAfterATime() {
    for (int i = 0; i + 1 < TOLD.size(); i++) {
      Found found = search().firstEndAfter(history, begin, TOLD.get(i).committed()).orElseThrow();
      assertThat(found.at()).isAfter(TOLD.get(i).committed());
      assertThat(found.at()).isBeforeOrEqualTo(TOLD.get(i + 1).committed());
      Instant justBefore = TOLD.get(i + 1).committed().minusNanos(1000);
      assertThat(search().firstEndAfter(history, found.start(), justBefore).orElseThrow().end())
          .isEqualTo(TOLD.get(i + 1).after());
    }
    assertThat(search().firstEndAfter(history, begin, TOLD.getLast().committed())).isEmpty();
  }

  @Test
  void knowsTheLatestCommitOfEachTimeline() {
    assertThat(search().lastEnd(history, begin).orElseThrow().at())
        .isEqualTo(TOLD.getLast().committed());
    assertThat(search().lastEnd(TimelineHistory.root(TestWal.ONE), begin).orElseThrow().at())
        .isEqualTo(TOLD.get(14).committed());
    assertThat(search().lastEnd(history, end)).isEmpty();
  }

  @Test
  void findsAllRestorePointsOfAName() {
    assertThat(search().restorePoints(history, begin, "twice"))
        .extracting(Found::end)
        .containsExactly(first, second);
    assertThat(search().restorePoints(history, first, "twice"))
        .extracting(Found::end)
        .containsExactly(second);
    assertThat(search().restorePoints(TimelineHistory.root(TestWal.ONE), begin, "twice"))
        .extracting(Found::end)
        .containsExactly(first);
    assertThat(search().restorePoints(history, begin, "never")).isEmpty();
  }

  @Test
  void knowsWhereTheLastRecordBegins() {
    Lsn start = search().lastRecordStart(history, begin).orElseThrow();

    assertThat(start).isLessThan(end);
    assertThat(end.minus(start)).isLessThan(9000);
  }

  @Test
  void findsWhatCreateTablespaceWroteAndWhere() {
    WalSearch.Tablespaces all = search().tablespacesMade(history, begin, end);

    assertThat(all.complete()).isTrue();
    assertThat(all.made())
        .singleElement()
        .satisfies(
            made -> {
              assertThat(made.location()).isEqualTo(location.toString());
              assertThat(made.oid()).isEqualTo(tablespace);
              assertThat(made.start()).isGreaterThanOrEqualTo(beforeTablespace);
            });
    Lsn at = all.made().getFirst().start();
    assertThat(search().tablespacesMade(history, begin, at).made()).isEmpty();
    assertThat(search().tablespacesMade(history, begin, at.plus(1)).made()).hasSize(1);
    assertThat(search().tablespacesMade(history, at.plus(8), end).made()).isEmpty();
  }
}
