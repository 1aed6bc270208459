package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalMessage.EndOfTimeline;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimelineSwitchTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Timeline TWO = new Timeline(2);

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void aNewPrimarySendsTheOldTimelineToItsEndAndThenTheNext(int major) throws IOException {
    try (TestCluster cluster = Clusters.builder(major).start()) {
      Clusters.writeWal(cluster, "t", 2);
      promoteInPlace(cluster);
      cluster.sql("CREATE TABLE after_promotion ()");
      try (ReplicationConnection connection =
          ReplicationConnection.open(Clusters.endpoint(cluster))) {
        assertThat(connection.identity().timeline()).isEqualTo(TWO);
        TimelineHistoryFile file = connection.timelineHistory(TWO);
        assertThat(file.name()).isEqualTo("00000002.history");
        assertThat(file.content())
            .isEqualTo(Files.readAllBytes(cluster.data().resolve("pg_wal/00000002.history")));
        Switch left = TimelineHistory.parse(TWO, file.content()).switches().getFirst();

        Lsn start = segmentStart(left.at());
        WalReading old = read(connection, start, ONE);
        assertThat(old.untilEndOfTimeline()).isEqualTo(new EndOfTimeline(TWO, left.at()));
        assertThat(old.end()).isEqualTo(left.at());

        WalReading current = read(connection, start, TWO).until(connection.identity().flushed());
        assertThat(current.end()).isGreaterThan(left.at());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void asksThatCannotBeMetAreToldApartAndLeaveTheConnectionUsable(int major) throws IOException {
    try (TestCluster cluster = Clusters.builder(major).start()) {
      promoteInPlace(cluster);
      try (ReplicationConnection connection =
          ReplicationConnection.open(Clusters.endpoint(cluster))) {
        Lsn left = TimelineHistory.parse(TWO, connection.timelineHistory(TWO).content()).start();
        Lsn flushed = connection.identifySystem().flushed();

        WalStream atTheSwitch = connection.startPhysical(Optional.empty(), left, ONE);
        assertThat(atTheSwitch.poll(Duration.ZERO)).isEqualTo(new EndOfTimeline(TWO, left));
        assertThat(atTheSwitch.poll(Duration.ZERO)).isEqualTo(new EndOfTimeline(TWO, left));

        assertFails(
            ReplicationFailure.NOT_IN_HISTORY,
            () -> connection.startPhysical(Optional.empty(), left.plus(1 << 24), ONE));
        assertFails(
            ReplicationFailure.NOT_IN_HISTORY,
            () -> connection.startPhysical(Optional.empty(), left, new Timeline(7)));
        assertFails(
            ReplicationFailure.AHEAD_OF_SERVER,
            () ->
                connection
                    .startPhysical(Optional.empty(), flushed.plus(1 << 28), TWO)
                    .poll(Duration.ofSeconds(5)));
        assertFails(
            ReplicationFailure.WAL_REMOVED, () -> connection.timelineHistory(new Timeline(7)));
        assertThat(connection.identifySystem().timeline()).isEqualTo(TWO);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void aStandbyThatIsPromotedEndsTheTimelineMidStream(int major) throws IOException {
    try (TestCluster primary = Clusters.builder(major).start();
        TemporaryDirectory directory = TemporaryDirectory.create("tidemark-standby-");
        TestCluster standby = standbyOf(primary, directory.path().resolve("data"));
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(standby))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalReading reading = read(connection, start, ONE);
      Clusters.writeWal(primary, "t", 2);
      Lsn written = Lsn.parse(primary.value("SELECT pg_current_wal_flush_lsn()"));
      reading.until(written);
      standby.promote();
      EndOfTimeline end = reading.untilEndOfTimeline();
      assertThat(end.next()).isEqualTo(TWO);
      assertThat(end.switchPoint()).isGreaterThanOrEqualTo(written);
      assertThat(reading.end()).isEqualTo(end.switchPoint());

      standby.sql("CREATE TABLE after_promotion ()");
      Lsn later = Lsn.parse(standby.value("SELECT pg_current_wal_flush_lsn()"));
      assertThat(connection.identifySystem().timeline()).isEqualTo(TWO);
      read(connection, segmentStart(end.switchPoint()), TWO).until(later);
      try (PostgresSession session = PostgresSession.open(Clusters.endpoint(standby))) {
        assertThat(session.currentTimeline()).isEqualTo(TWO);
        assertThat(session.isInRecovery()).isFalse();
      }
    }
  }

  static TestCluster standbyOf(TestCluster primary, Path data) throws IOException {
    primary.stop();
    copy(primary.data(), data);
    Files.createFile(data.resolve("standby.signal"));
    primary.start();
    TestCluster standby =
        TestCluster.adopt(data, primary.binaries())
            .setting(
                "primary_conninfo",
                "host=%s port=%d user=%s".formatted(primary.host(), primary.port(), primary.user()))
            .setting("fsync", "off")
            .create();
    try {
      return standby.start();
    } catch (RuntimeException e) {
      standby.close();
      throw e;
    }
  }

  static void promoteInPlace(TestCluster cluster) throws IOException {
    cluster.stop();
    Path signal = Files.createFile(cluster.data().resolve("standby.signal"));
    OsUser.own(signal);
    cluster.start();
    cluster.promote();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Files.copy(
            path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static WalReading read(ReplicationConnection connection, Lsn start, Timeline timeline) {
    return new WalReading(connection.startPhysical(Optional.empty(), start, timeline), start);
  }

  private static Lsn segmentStart(Lsn lsn) {
    return WalSegment.containing(ONE, lsn, WalSegmentSize.DEFAULT).start();
  }

  static void assertFails(ReplicationFailure failure, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ReplicationException.class, e -> assertThat(e.failure()).isEqualTo(failure));
  }
}
