package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.repository.WalSummary;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WalPushInboxTest {
  private static final Timeline ONE = new Timeline(1);

  @RegisterExtension final LogWatch log = new LogWatch();

  private final TemporaryDirectory run = TemporaryDirectory.create("tidemark-run-");
  private final TestCluster cluster =
      Archiving.cluster(17).setting("archive_mode", "on").setting("archive_command", "").start();
  private final Archiving archiving = new Archiving(cluster, run.path());
  private final WalPushInbox inbox =
      new WalPushInbox(
          run.path(),
          List.of(new PushTarget(Archiving.CLUSTER, cluster.data(), archiving.repository)),
          2);
  private final Path requests = run.path().resolve("wal-push/requests");
  private final Path answers = run.path().resolve("wal-push/answers");
  private final Thread thread = Thread.ofPlatform().name("inbox").unstarted(inbox::run);
  private int asked;

  @BeforeEach
  void start() {
    OsUser.letIn(run.path());
    OsUser.own(run.path());
    thread.start();
    await().atMost(Archiving.LIMIT).until(() -> Files.exists(run.path().resolve("wal-push/alive")));
  }

  @AfterEach
  void end() throws InterruptedException {
    inbox.close();
    assertThat(thread.join(Archiving.LIMIT)).isTrue();
    archiving.close();
    cluster.close();
    run.close();
  }

  @Test
  void archivesWhatPostgresqlPushesThroughTheLauncherAlsoAcrossAPromotion() throws IOException {
    Path launcher = launcher();
    cluster.configure(
        Map.of(
            "archive_command",
            "sh %s wal-push --run-directory %s --cluster c %%p".formatted(launcher, run.path())));
    cluster.reload();
    Lsn end = Archiving.write(cluster, 3);
    cluster.sql("SELECT pg_switch_wal()");
    awaitArchived(ONE, end);
    Lsn first = archived(ONE).stretches().getFirst().from();
    archiving.assertSameAs(cluster, ONE, first, end);
    assertThat(summary(first, end).commits()).isPositive();

    cluster.stop();
    OsUser.own(Files.createFile(cluster.data().resolve("standby.signal")));
    cluster.start();
    cluster.promote();
    Lsn later = Archiving.write(cluster, 2);
    cluster.sql("SELECT pg_switch_wal()");
    awaitArchived(new Timeline(2), later);
    assertThat(archiving.reader.wal().history(new Timeline(2))).isPresent();
    assertThat(inbox.status().failed()).isZero();
    assertThat(cluster.value("SELECT failed_count FROM pg_stat_archiver")).isEqualTo("0");
  }

  @Test
  void theSameAgainIsFineAndAnotherContentIsNot() throws IOException {
    log.expect("wal-push.*already");
    Path segment = complete();
    assertThat(push(segment)).startsWith("ok");
    assertThat(push(segment)).startsWith("ok");
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, pgWalWithOtherTail(bytes));
    assertThat(push(segment)).startsWith("failed").contains("already");
    assertThat(inbox.status().failed()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNotThisClustersWal() throws IOException {
    log.expect("wal-push");
    Path segment = complete();
    Path elsewhere = run.path().resolve(segment.getFileName());
    Files.copy(segment, elsewhere);
    assertThat(push(elsewhere)).startsWith("failed").contains("is not in");
    assertThat(push(cluster.data().resolve("pg_wal/../PG_VERSION"))).startsWith("failed");
    assertThat(push(segment.resolveSibling("0000000100000000000000FF")))
        .startsWith("failed")
        .contains("there is no file");

    Path link = segment.resolveSibling("0000000100000000000000FE");
    Files.createSymbolicLink(link, segment);
    assertThat(push(link)).startsWith("failed").contains("plain file");
    Path cut = segment.resolveSibling("0000000100000000000000FD");
    Files.write(cut, new byte[1000]);
    assertThat(push(cut)).startsWith("failed").contains("1048576");
    Path zeros = segment.resolveSibling("0000000100000000000000FC");
    Files.write(zeros, new byte[1 << 20]);
    assertThat(push(zeros)).startsWith("failed");
    assertThat(push(segment, "other", cluster.data())).startsWith("failed").contains("named other");
    assertThat(push(segment, "", Path.of("/"))).startsWith("failed").contains("data directory /");
    assertThat(archiving.reader.wal().inventory().timelines()).isEmpty();
    for (Path made : List.of(link, cut, zeros)) {
      Files.delete(made);
    }
  }

  @Test
  void takesAPartialSegmentAsFarAsItsRecordsGo() throws IOException {
    Lsn end = Archiving.flushed(cluster);
    WalSegment open =
        WalSegment.containing(ONE, end, archiving.repository.identity().walSegmentSize());
    Path partial = cluster.data().resolve("pg_wal").resolve(open.name() + ".partial");
    Files.copy(cluster.data().resolve("pg_wal").resolve(open.name()), partial);
    assertThat(push(partial)).startsWith("ok");
    assertThat(archived(ONE).frontier().orElseThrow()).isGreaterThanOrEqualTo(end);
    archiving.assertSameAs(cluster, ONE, open.start(), end);
    Files.delete(partial);
  }

  @Test
  void dropsRequestsThatNobodyWaitsForAndAnswersThatNobodyTook() throws IOException {
    Path late = write("late", complete(), "", cluster.data(), Instant.now().minusSeconds(5));
    await().atMost(Archiving.LIMIT).until(() -> !Files.exists(late));
    assertThat(answers.resolve("late.answer")).doesNotExist();
    Path old = Files.writeString(answers.resolve("old.answer"), "ok\n");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    await().atMost(Archiving.LIMIT).until(() -> !Files.exists(old));
  }

  private String push(Path file) throws IOException {
    return push(file, Archiving.CLUSTER, cluster.data());
  }

  private String push(Path file, String name, Path data) throws IOException {
    String id = "test-" + ++asked;
    write(id, file, name, data, Instant.now().plusSeconds(60));
    Path answer = answers.resolve(id + ".answer");
    await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Archiving.LIMIT)
        .until(() -> Files.exists(answer));
    return Files.readString(answer);
  }

  private Path write(String id, Path file, String name, Path data, Instant deadline)
      throws IOException {
    Path draft = requests.resolve("." + id + ".draft");
    Files.writeString(
        draft,
        "protocol=1\npath=%s\ncluster=%s\ndata-directory=%s\ndeadline=%d\n"
            .formatted(file, name, data.toRealPath(), deadline.getEpochSecond()));
    return Files.move(draft, requests.resolve(id + ".request"));
  }

  /** A complete segment in pg_wal. */
  private Path complete() {
    Lsn before = Archiving.flushed(cluster);
    Archiving.write(cluster, 2);
    WalSegment segment =
        WalSegment.containing(ONE, before, archiving.repository.identity().walSegmentSize());
    return cluster.data().resolve("pg_wal").resolve(segment.name());
  }

  /** Another valid content: a segment whose last record, cut off by its end, goes on otherwise. */
  private static byte[] pgWalWithOtherTail(byte[] segment) {
    byte[] other = segment.clone();
    other[other.length - 1] ^= 1;
    return other;
  }

  private WalSummary summary(Lsn from, Lsn to) {
    var size = archiving.repository.identity().walSegmentSize();
    return archiving
        .reader
        .wal()
        .summaries(WalSegment.containing(ONE, from, size), WalSegment.containing(ONE, to, size))
        .stream()
        .map(io.tidemark.repository.SegmentSummary::summary)
        .reduce(WalSummary.EMPTY, WalSummary::plus);
  }

  private void awaitArchived(Timeline timeline, Lsn end) {
    await()
        .atMost(Archiving.LIMIT)
        .until(
            () ->
                archiving
                    .reader
                    .wal()
                    .inventory()
                    .of(timeline)
                    .flatMap(TimelineInventory::frontier)
                    .filter(frontier -> frontier.isAtLeast(end))
                    .isPresent());
  }

  private TimelineInventory archived(Timeline timeline) {
    return archiving.reader.wal().inventory().of(timeline).orElseThrow();
  }

  /** A copy that PostgreSQL's user can read wherever the checkout is. */
  private Path launcher() throws IOException {
    Path copy = run.path().resolve("tidemark");
    Files.copy(Path.of(System.getProperty("tidemark.root", "..")).resolve("tidemark"), copy);
    OsUser.own(copy);
    return copy;
  }

  @Test
  void isStuckOnlyWhereItDoesNotComeRound() {
    assertThat(inbox.isStuck(Duration.ofSeconds(20))).isFalse();
    WalPushInbox nobodyRuns = new WalPushInbox(run.path(), List.of(), 1);
    assertThat(nobodyRuns.isStuck(Duration.ZERO)).isTrue();
    nobodyRuns.close();
    assertThat(nobodyRuns.isStuck(Duration.ZERO)).isFalse();
  }
}
