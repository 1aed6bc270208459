package io.tidemark.restore;

import static io.tidemark.restore.TestWal.content;
import static io.tidemark.restore.TestWal.lsn;
import static io.tidemark.restore.TestWal.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Plays PostgreSQL and its wal-get: asks by a file in want, takes by removing from stage. */
final class WalFetcherTest {
  /** As many segments as are staged ahead: 32 MiB of 1 MiB each. */
  private static final int DEPTH = 32;

  private static final RestoreSettings SETTINGS = new RestoreSettings(2, 32 << 20);

  @RegisterExtension final LogWatch log = new LogWatch();
  @TempDir Path data;
  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private final TestWal wal = new TestWal(store);

  @BeforeEach
  void makeDirectory() throws IOException {
    Files.createDirectories(data.resolve("pg_wal"));
    Files.createDirectories(data.resolve("global"));
    Files.write(data.resolve(ControlFile.PATH), TestBackup.controlFile(TestBackup.SYSTEM));
    Files.createFile(data.resolve("recovery.signal"));
  }

  private WalFetcher open() {
    return WalFetcher.open(wal.repository(), data, SETTINGS).orElseThrow();
  }

  private Path staged(String name) {
    return data.resolve("pg_wal/tidemark/stage").resolve(name);
  }

  private static String name(int timeline, long number) {
    return segment(timeline, number).name();
  }

  private void want(String name) throws IOException {
    Files.createFile(data.resolve("pg_wal/tidemark/want").resolve(name));
  }

  private boolean isWanted(String name) {
    return Files.exists(data.resolve("pg_wal/tidemark/want").resolve(name));
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(10));
  }

  private void stepUntilStaged(WalFetcher fetcher, String name) {
    await()
        .until(
            () -> {
              fetcher.step();
              return Files.exists(staged(name));
            });
  }

  /** Asks, and takes the answer: {@code ""} for a file, else {@code .open .absent .failed}. */
  private String ask(WalFetcher fetcher, String name) throws IOException {
    want(name);
    List<String> answers = List.of("", ".open", ".absent", ".failed");
    return await()
        .until(
            () -> {
              fetcher.step();
              return answers.stream().filter(end -> Files.exists(staged(name + end))).findFirst();
            },
            Optional::isPresent)
        .orElseThrow();
  }

  private List<String> stage() throws IOException {
    try (Stream<Path> files = Files.list(staged("").normalize())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> !file.startsWith("."))
          .sorted()
          .toList();
    }
  }

  private static List<String> names(long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(n -> name(1, n)).collect(Collectors.toList());
  }

  private void way(Timeline timeline, Optional<Lsn> until) {
    new RecoveryWay(timeline, until).write(data);
  }

  @Test
  void stagesWhatIsAskedForAndThenAhead() throws IOException {
    wal.put(1, 1, 60);
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 3))).isEmpty();

      assertThat(staged(name(1, 3))).hasBinaryContent(content(segment(1, 3)));
      assertThat(isWanted(name(1, 3))).isFalse();
      stepUntilStaged(fetcher, name(1, 3 + DEPTH));
      await().untilAsserted(() -> assertThat(stage()).isEqualTo(names(3, 3 + DEPTH)));
    }
  }

  @Test
  void keepsItsDistanceWhileSegmentsAreTaken() throws IOException {
    wal.put(1, 1, 60);
    try (WalFetcher fetcher = open()) {
      fetcher.prepare(segment(1, 1));
      for (long number = 1; number <= 20; number++) {
        stepUntilStaged(fetcher, name(1, number));
        Files.delete(staged(name(1, number)));
      }

      stepUntilStaged(fetcher, name(1, 20 + DEPTH));
      fetcher.step();
      assertThat(stage()).isEqualTo(names(21, 20 + DEPTH));
    }
  }

  @Test
  void removesWhatNobodyWantsWhereRecoveryIsElsewhere() throws IOException {
    wal.put(1, 1, 3);
    wal.put(1, 100, 102);
    try (WalFetcher fetcher = open()) {
      fetcher.prepare(segment(1, 1));
      stepUntilStaged(fetcher, name(1, 1));

      assertThat(ask(fetcher, name(1, 100))).isEmpty();

      await()
          .untilAsserted(
              () -> {
                fetcher.step();
                assertThat(stage()).isEqualTo(names(100, 102));
              });
    }
  }

  @Test
  void saysAbsentAtTheEndOfTheArchiveAndAsksAgainWhenAsked() throws IOException {
    wal.put(1, 1, 2);
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 3))).isEqualTo(".absent");
      Files.delete(staged(name(1, 3) + ".absent"));
      wal.put(1, 3, 4);

      assertThat(ask(fetcher, name(1, 3))).isEmpty();
      stepUntilStaged(fetcher, name(1, 4));
    }
  }

  @Test
  void givesTheOpenSegmentOnlyToWhoWaitsForIt() throws IOException {
    wal.put(1, 1, 1);
    wal.putTail(1, 2, 5000);
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 1))).isEmpty();
      Files.delete(staged(name(1, 1)));
      fetcher.step();

      assertThat(ask(fetcher, name(1, 2))).isEqualTo(".open");

      byte[] expected = new byte[TestWal.SIZE.bytes()];
      System.arraycopy(content(segment(1, 2)), 0, expected, 0, 5000);
      assertThat(staged(name(1, 2) + ".open")).hasBinaryContent(expected);
      assertThat(staged(name(1, 2))).doesNotExist();
    }
  }

  @Test
  @ExpectLog("cannot fetch 000000010000000000000003: .* goes on to 0/700000")
  void failsAtAGap() throws IOException {
    wal.put(1, 1, 2);
    wal.put(1, 5, 6);
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 3))).isEqualTo(".failed");
      assertThat(staged(name(1, 3) + ".failed")).content().contains("goes on to 0/700000");
    }
  }

  @Test
  void saysAbsentBehindTheTargetAndStagesNothingThere() throws IOException {
    wal.put(1, 1, 3);
    wal.put(1, 5, 6);
    way(new Timeline(1), Optional.of(lsn(3, 0)));
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 1))).isEmpty();
      stepUntilStaged(fetcher, name(1, 2));
      assertThat(ask(fetcher, name(1, 4))).isEqualTo(".absent");

      fetcher.step();
      assertThat(staged(name(1, 3))).doesNotExist();
    }
  }

  @Test
  @ExpectLog("cannot fetch 000000010000000000000001")
  void failsWhereTheStoreIsNotReachedAndGoesOnWhenItIs() throws IOException {
    wal.put(1, 1, 2);
    store.always(FaultyStore.any(), new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 1))).isEqualTo(".failed");
      assertThat(isWanted(name(1, 1))).as("it is not tried for ever").isFalse();
      Files.delete(staged(name(1, 1) + ".failed"));
      store.clear();

      assertThat(ask(fetcher, name(1, 1))).isEmpty();
    }
  }

  @Test
  void answersWhileReadingAheadHangs() throws IOException {
    wal.put(1, 1, 8);
    store.always(FaultyStore.keyContains(name(1, 2)), new StoreFault.Hang(Duration.ofSeconds(50)));
    store.always(FaultyStore.keyContains(name(1, 3)), new StoreFault.Hang(Duration.ofSeconds(50)));
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 1))).isEmpty();
      fetcher.step();

      assertThat(ask(fetcher, name(1, 8))).isEmpty();
      store.clear();
    }
  }

  @Test
  @ExpectLog("cannot fetch 00000001000000000000000.: .*")
  void asksAFailingStoreAheadOnlyOnceASecond() throws IOException {
    wal.put(1, 1, 1);
    try (WalFetcher fetcher = open()) {
      store.always(FaultyStore.any(), new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));
      assertThat(ask(fetcher, name(1, 1))).isEqualTo(".failed");
      await().until(() -> store.spoiled() > 1);
      int calls = store.calls().size();
      for (int i = 0; i < 200; i++) {
        fetcher.step();
      }

      assertThat(store.calls().size() - calls).isLessThan(2 * DEPTH);
    }
  }

  @Test
  void givesHistoryFiles() throws IOException {
    wal.fork(lsn(3, 1000));
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, "00000002.history")).isEmpty();
      assertThat(staged("00000002.history")).hasContent("1\t0/3003E8\tpromoted");
      assertThat(ask(fetcher, "00000003.history")).isEqualTo(".absent");
      assertThat(ask(fetcher, "000000010000000000000001.00000028.backup")).isEqualTo(".absent");
    }
  }

  @Test
  void followsTheWayAcrossATimelineSwitch() throws IOException {
    wal.put(1, 1, 6);
    wal.fork(lsn(3, 1000));
    wal.put(2, 3, 5);
    way(new Timeline(2), Optional.empty());
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 2))).isEmpty();
      stepUntilStaged(fetcher, name(2, 3));
      stepUntilStaged(fetcher, name(2, 5));
      assertThat(staged(name(1, 4))).doesNotExist();

      assertThat(ask(fetcher, name(1, 4)))
          .as("what the old primary wrote after the switch")
          .isEqualTo(".absent");
    }
  }

  @Test
  void cutsTheOldTimelineWhereItWasLeft() throws IOException {
    wal.put(1, 3, 3);
    wal.fork(lsn(3, 1000));
    way(new Timeline(2), Optional.empty());
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 3))).as("not as it is in the archive").isEqualTo(".open");

      byte[] expected = new byte[TestWal.SIZE.bytes()];
      System.arraycopy(content(segment(1, 3)), 0, expected, 0, 1000);
      assertThat(staged(name(1, 3) + ".open")).hasBinaryContent(expected);
    }
  }

  /** PostgreSQL replaces its own file by what it is given. */
  @Test
  void leavesAStandbyWhatItHasReceivedBeyondTheArchive() throws IOException {
    wal.putTail(1, 2, 5000);
    Path received = data.resolve("pg_wal").resolve(name(1, 2));
    byte[] more = content(segment(1, 2));
    try (WalFetcher fetcher = open()) {
      Files.write(received, more);
      assertThat(ask(fetcher, name(1, 2))).isEqualTo(".absent");
      Files.delete(staged(name(1, 2) + ".absent"));

      Arrays.fill(more, 4000, more.length, (byte) 0);
      Files.write(received, more);
      assertThat(ask(fetcher, name(1, 2))).as("the archive has more").isEqualTo(".open");
      Files.delete(staged(name(1, 2) + ".open"));

      Files.write(received, content(segment(1, 1)));
      assertThat(ask(fetcher, name(1, 2))).as("recycled, not received").isEqualTo(".open");
    }
  }

  @Test
  void servesADirectoryAloneAndLeavesItToTheNext() throws IOException {
    wal.put(1, 1, 1);
    WalFetcher first = open();
    assertThat(ask(first, name(1, 1))).isEmpty();

    assertThat(WalFetcher.open(wal.repository(), data, SETTINGS)).isEmpty();

    Path pid = data.resolve("pg_wal/tidemark/fetcher.pid");
    assertThat(pid).hasContent("" + ProcessHandle.current().pid());
    first.close();
    assertThat(pid).doesNotExist();
    try (WalFetcher second = open()) {
      assertThatCode(second::step).doesNotThrowAnyException();
    }
  }

  @Test
  void takesOverWholeSegmentsOfAnEarlierFetcherAndNothingElse() throws IOException {
    wal.put(1, 1, 9);
    wal.fork(lsn(3, 1000));
    try (WalFetcher first = open()) {
      first.prepare(segment(1, 1));
      stepUntilStaged(first, name(1, 9));
    }
    Files.write(staged(name(1, 1)), new byte[4096]);
    for (String old : List.of(name(1, 10) + ".open", name(1, 11) + ".absent", "00000002.history")) {
      Files.createFile(staged(old));
    }
    Path half = Files.createFile(staged(".half.tidemark-tmp"));
    way(new Timeline(2), Optional.empty());

    try (WalFetcher second = open()) {
      assertThat(stage()).as("not what timeline 2 left at segment 3").isEqualTo(names(2, 2));
      assertThat(half).doesNotExist();
      assertThat(staged(name(1, 2))).hasBinaryContent(content(segment(1, 2)));
      int reads = store.calls().size();
      second.step();
      assertThat(store.calls()).as("it is not fetched again").hasSize(reads);
    }
  }

  @Test
  void stagesAheadOfWhatIsTakenOfAnEarlierFetcher() throws IOException {
    wal.put(1, 1, 3);
    try (WalFetcher first = open()) {
      first.prepare(segment(1, 1));
      stepUntilStaged(first, name(1, 3));
    }
    wal.put(1, 4, 5);
    try (WalFetcher second = open()) {
      Files.delete(staged(name(1, 1)));

      stepUntilStaged(second, name(1, 5));
    }
  }

  @Test
  void fillsTheStageBeforeAnyServerRuns() throws Exception {
    wal.put(1, 1, 60);
    WalStage stage = WalStage.of(data);
    ArchivedFiles source = ArchivedFiles.of(wal.repository().wal(), TestWal.SIZE, stage);
    try (StagedAhead ahead = new StagedAhead(stage, source, TestWal.SIZE, SETTINGS)) {
      assertThat(ahead.fill(segment(1, 5), Duration.ofMinutes(1))).isEqualTo(DEPTH);
    }

    assertThat(stage()).isEqualTo(names(5, 4 + DEPTH));
    assertThat(staged(name(1, 9))).hasBinaryContent(content(segment(1, 9)));
    try (WalFetcher fetcher = open()) {
      fetcher.step();
      assertThat(stage()).isEqualTo(names(5, 4 + DEPTH));
    }
  }

  @Test
  void fillsNoLongerThanItMay() throws Exception {
    wal.put(1, 1, 60);
    store.always(FaultyStore.keyContains(name(1, 2)), new StoreFault.Hang(Duration.ofSeconds(50)));
    WalStage stage = WalStage.of(data);
    ArchivedFiles source = ArchivedFiles.of(wal.repository().wal(), TestWal.SIZE, stage);
    try (StagedAhead ahead = new StagedAhead(stage, source, TestWal.SIZE, SETTINGS)) {
      long began = System.nanoTime();
      ahead.fill(segment(1, 1), Duration.ofMillis(200));

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(40));
      assertThat(stage()).doesNotContain(name(1, 2));
      store.clear();
    }
  }

  @Test
  @ExpectLog("cannot fetch 000000010000000000000001")
  void stagesNothingOfADamagedSegment() throws IOException {
    wal.put(1, 1, 1);
    store.always(FaultyStore.any(), new StoreFault.Corrupt(0));
    try (WalFetcher fetcher = open()) {
      assertThat(ask(fetcher, name(1, 1))).isEqualTo(".failed");
      assertThat(staged(name(1, 1))).doesNotExist();
      try (Stream<Path> files = Files.list(staged("").normalize())) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactly(name(1, 1) + ".failed");
      }
    }
  }

  @Test
  void endsWhenTheDirectoryIsRestoredAnew() throws Exception {
    WalFetcher fetcher = open();
    Thread running = Thread.ofVirtual().start(fetcher::run);
    running.join(Duration.ofMillis(300));
    assertThat(running.isAlive()).isTrue();

    Files.delete(data.resolve("pg_wal/tidemark/fetcher.lock"));

    assertThat(running.join(Duration.ofMinutes(1))).isTrue();
    Path pid = data.resolve("pg_wal/tidemark/fetcher.pid");
    Files.writeString(pid, "of the next one");
    fetcher.close();
    assertThat(pid).exists();
  }

  @Test
  void endsWhenTheServerIsAPrimaryAndNotBefore() throws Exception {
    wal.put(1, 1, 2);
    try (WalFetcher fetcher = open()) {
      fetcher.prepare(segment(1, 1));
      stepUntilStaged(fetcher, name(1, 2));
      Thread running = Thread.ofVirtual().start(fetcher::run);
      running.join(Duration.ofMillis(300));
      assertThat(running.isAlive()).isTrue();

      Files.delete(data.resolve("recovery.signal"));

      assertThat(running.join(Duration.ofMinutes(1))).isTrue();
    }
    assertThat(stage()).as("a primary needs nothing of that").isEmpty();
  }

  @Test
  void stagesNoMoreThanConfiguredHoweverLargeSegmentsAre() throws IOException {
    WalStage stage = WalStage.of(data);
    ArchivedFiles source =
        new ArchivedFiles(wal.repository().wal(), TestWal.SIZE, Optional.empty(), Optional.empty());
    RestoreSettings settings = new RestoreSettings(8, 256 << 20);

    try (StagedAhead small = new StagedAhead(stage, source, TestWal.SIZE, settings);
        StagedAhead large =
            new StagedAhead(
                stage, source, new io.tidemark.postgres.WalSegmentSize(1 << 30), settings)) {
      assertThat(small.depth()).isEqualTo(256);
      assertThat(large.depth()).isEqualTo(1);
    }
  }

  @Test
  void keepsTheWayForFetchersThatComeLater() throws IOException {
    way(new Timeline(3), Optional.of(Lsn.parse("A/B0000000")));

    assertThat(RecoveryWay.read(WalStage.of(data)))
        .contains(new RecoveryWay(new Timeline(3), Optional.of(Lsn.parse("A/B0000000"))));
  }
}
