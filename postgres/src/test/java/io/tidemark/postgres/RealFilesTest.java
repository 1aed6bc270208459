package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of real clusters of every major, and PostgreSQL's own tools as the oracle. */
class RealFilesTest {
  private static final Map<Integer, RealCluster> CLUSTERS = new TreeMap<>();

  @BeforeAll
  static void live() {
    majors().forEach(major -> CLUSTERS.put(major, new RealCluster(major)));
  }

  @AfterAll
  static void close() {
    CLUSTERS.values().forEach(RealCluster::close);
  }

  static List<Integer> majors() {
    return PostgresBinaries.majors();
  }

  @ParameterizedTest
  @MethodSource("majors")
  void controlFileSaysWhatTheClusterIs(int major) {
    ControlFile control = real(major).controlFile();
    assertThat(control.major().number()).isEqualTo(major);
    assertThat(control.state()).isEqualTo(ClusterState.SHUT_DOWN);
    assertThat(control.timeline()).isEqualTo(new Timeline(2));
    assertThat(control.walSegmentSize()).isEqualTo(new WalSegmentSize(1 << 20));
    assertThat(control.walLevel()).isEqualTo(WalLevel.LOGICAL);
    assertThat(control.trackCommitTimestamp()).isTrue();
    assertThat(control.maxPreparedTransactions()).isEqualTo(5);
    assertThat(control.maxConnections()).isEqualTo(50);
    assertThat(control.maxWalSenders()).isEqualTo(10);
    assertThat(control.blockSize()).isEqualTo(8192);
    assertThat(control.blocksPerFile()).isEqualTo(RelationFile.BLOCKS_PER_FILE);
    assertThat(control.walBlockSize()).isEqualTo(WalPageHeader.PAGE_BYTES);
    assertThat(control.hasDataChecksums()).isTrue();
    assertThat(control.fullPageWrites()).isTrue();
    assertThat(control.nextXid()).isBetween(700L, 2000L);
    assertThat(PostgresMajor.ofVersionFile(new String(read(major, "PG_VERSION"), UTF_8)))
        .isEqualTo(real(major).major);
  }

  @ParameterizedTest
  @MethodSource("majors")
  void aFlippedBitInTheControlFileIsFound(int major) {
    byte[] file = read(major, ControlFile.PATH);
    file[60] ^= 1;
    assertThatThrownBy(() -> ControlFile.decode(file)).hasMessageContaining("CRC");
    file[60] ^= 1;
    file[12] ^= 1;
    assertThatThrownBy(() -> ControlFile.decode(file)).hasMessageContaining("catalog version");
  }

  @ParameterizedTest
  @MethodSource("majors")
  void controlFileOfAStandbySaysHowFarItReplayed(int major) {
    ControlFile control = standby(real(major));
    assertThat(control.state()).isEqualTo(ClusterState.SHUT_DOWN_IN_RECOVERY);
    assertThat(control.minRecoveryPoint()).isGreaterThanOrEqualTo(control.redo());
    assertThat(control.minRecoveryTimeline()).contains(new Timeline(1));
    assertThat(control.backupEndRequired()).isFalse();
  }

  @Test
  void controlFilesEqualPgControldata() {
    RealCluster real = real(tools().major());
    assertEqualsPgControldata(real.controlFile(), real.cluster.data());
    OsUser.own(real.standbyDirectory());
    assertEqualsPgControldata(standby(real), real.standbyDirectory());
  }

  private static ControlFile standby(RealCluster real) {
    return ControlFile.decode(RealCluster.read(real.standbyDirectory().resolve(ControlFile.PATH)));
  }

  private static void assertEqualsPgControldata(ControlFile control, Path data) {
    Map<String, String> says =
        tools()
            .run("pg_controldata", "-D", data)
            .lines()
            .map(line -> line.split(":\\s+", 2))
            .collect(Collectors.toMap(p -> p[0], p -> p.length > 1 ? p[1] : ""));
    Map<String, Object> expected = new HashMap<>();
    expected.put("Database system identifier", control.systemId());
    expected.put("pg_control version number", control.major().controlVersion());
    expected.put("Catalog version number", control.major().catalogVersion());
    expected.put("Database cluster state", control.state());
    expected.put("Latest checkpoint location", control.checkpoint());
    expected.put("Latest checkpoint's REDO location", control.redo());
    expected.put("Latest checkpoint's TimeLineID", control.timeline());
    expected.put("Latest checkpoint's PrevTimeLineID", control.previousTimeline());
    expected.put("Latest checkpoint's NextXID", "0:" + control.nextXid());
    expected.put("Minimum recovery ending location", control.minRecoveryPoint());
    expected.put(
        "Min recovery ending loc's timeline",
        control.minRecoveryTimeline().map(Timeline::id).orElse(0));
    expected.put("Backup start location", control.backupStart());
    expected.put("Backup end location", control.backupEnd());
    expected.put("End-of-backup record required", control.backupEndRequired() ? "yes" : "no");
    expected.put("wal_level setting", control.walLevel());
    expected.put("wal_log_hints setting", control.walLogHints() ? "on" : "off");
    expected.put("max_connections setting", control.maxConnections());
    expected.put("max_worker_processes setting", control.maxWorkerProcesses());
    expected.put("max_wal_senders setting", control.maxWalSenders());
    expected.put("max_prepared_xacts setting", control.maxPreparedTransactions());
    expected.put("max_locks_per_xact setting", control.maxLocksPerTransaction());
    expected.put("track_commit_timestamp setting", control.trackCommitTimestamp() ? "on" : "off");
    expected.put("Database block size", control.blockSize());
    expected.put("Blocks per segment of large relation", control.blocksPerFile());
    expected.put("WAL block size", control.walBlockSize());
    expected.put("Bytes per WAL segment", control.walSegmentSize().bytes());
    expected.put("Data page checksum version", control.dataChecksumVersion());
    expected.forEach((name, value) -> assertThat(says).containsEntry(name, value.toString()));
  }

  @ParameterizedTest
  @MethodSource("majors")
  void walTellsOfEveryTransactionWhatSqlSaid(int major) {
    RealCluster real = real(major);
    List<WalEvent> events = real.events();
    Map<Long, WalEvent.TransactionEnd> ends = new HashMap<>();
    events.stream()
        .filter(e -> e instanceof WalEvent.TransactionEnd && e.start().isAtLeast(real.recordedFrom))
        .map(WalEvent.TransactionEnd.class::cast)
        .forEach(e -> assertThat(ends.put(e.xid(), e)).isNull());
    assertThat(real.transactions).hasSizeGreaterThan(20);
    for (RealCluster.Transaction transaction : real.transactions) {
      WalEvent.TransactionEnd end = ends.get(transaction.xid());
      assertThat(end).as("end of %s", transaction).isNotNull();
      Objects.requireNonNull(end);
      assertThat(end.committed()).isEqualTo(transaction.committed());
      if (transaction.committed()) {
        assertThat(end.time()).isEqualTo(real.commitTimes.get(transaction.xid()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("majors")
  void walTellsOfRestorePointsCheckpointsAndTheNewTimeline(int major) {
    RealCluster real = real(major);
    List<WalEvent> events = real.events();
    Map<String, Lsn> points = new HashMap<>();
    events.forEach(
        e -> {
          if (e instanceof WalEvent.RestorePoint point) {
            points.put(point.name(), point.end());
          }
        });
    assertThat(points).isEqualTo(real.restorePoints);
    assertThat(events)
        .anySatisfy(e -> assertThat(e).isInstanceOf(WalEvent.SegmentSwitch.class))
        .anySatisfy(e -> assertThat(e).isInstanceOf(WalEvent.ParameterChange.class))
        .anySatisfy(
            e ->
                assertThat(e)
                    .isInstanceOfSatisfying(
                        WalEvent.EndOfRecovery.class,
                        end -> {
                          assertThat(end.timeline()).isEqualTo(new Timeline(2));
                          assertThat(end.previousTimeline()).isEqualTo(new Timeline(1));
                          assertThat(end.start())
                              .isGreaterThanOrEqualTo(real.source().history().start());
                        }));
    ControlFile control = real.controlFile();
    assertThat(events.getLast())
        .isInstanceOfSatisfying(
            WalEvent.Checkpoint.class,
            checkpoint -> {
              assertThat(checkpoint.start()).isEqualTo(control.checkpoint());
              assertThat(checkpoint.redo()).isEqualTo(control.redo());
              assertThat(checkpoint.shutdown()).isTrue();
              assertThat(checkpoint.timeline()).isEqualTo(control.timeline());
            });
  }

  @ParameterizedTest
  @MethodSource("majors")
  void labelAndTablespaceMapOfABackupAreReadAndWrittenAsTheyWere(int major) {
    RealCluster real = real(major);
    BackupLabel label = BackupLabel.parse(real.backupLabel);
    assertThat(label.render()).isEqualTo(real.backupLabel);
    assertThat(label.label()).isEqualTo("a label: with colon");
    assertThat(label.fromStandby()).isFalse();
    TablespaceMap map = TablespaceMap.parse(real.tablespaceMap);
    assertThat(map.render()).isEqualTo(real.tablespaceMap);
    assertThat(map.tablespaces())
        .singleElement()
        .matches(t -> t.directory().endsWith("tablespace-elsewhere"));
    assertThat(real.events())
        .filteredOn(e -> e instanceof WalEvent.BackupEnd)
        .singleElement()
        .matches(
            e -> e instanceof WalEvent.BackupEnd end && end.backupStart().equals(label.start()));
  }

  @Test
  void walTellsOfEveryTransactionWhatPgWaldumpSays() {
    RealCluster real = real(tools().major());
    Lsn upTo = real.source().history().start();
    String dump =
        tools()
            .run(
                "pg_waldump",
                "-p",
                real.cluster.data().resolve("pg_wal"),
                "-t",
                "1",
                "-s",
                real.recordedFrom,
                "-e",
                upTo,
                "-r",
                "Transaction");
    List<String> expected =
        Pattern.compile("lsn: (\\S+), .* desc: (COMMIT|ABORT)(?:_PREPARED)? (\\d*)")
            .matcher(dump)
            .results()
            .map(m -> Lsn.parse(m.group(1)) + " " + m.group(2))
            .toList();
    List<String> found =
        real.events().stream()
            .filter(e -> e.start().isAtLeast(real.recordedFrom) && e.start().isBefore(upTo))
            .filter(e -> e instanceof WalEvent.TransactionEnd)
            .map(WalEvent.TransactionEnd.class::cast)
            .map(e -> e.start() + " " + (e.committed() ? "COMMIT" : "ABORT"))
            .toList();
    assertThat(found).isEqualTo(expected).hasSizeGreaterThan(20);
  }

  @ParameterizedTest
  @MethodSource("majors")
  void everyPageOfEveryRelationHasItsChecksum(int major) throws IOException {
    RealCluster real = real(major);
    Map<String, Integer> verdicts = new TreeMap<>();
    for (String path : relationFiles(real)) {
      verdictsOf(real.cluster.data().resolve(path), RelationFile.parse(path).orElseThrow())
          .forEach(v -> verdicts.merge(v.getClass().getSimpleName(), 1, Integer::sum));
    }
    assertThat(verdicts.keySet()).isSubsetOf("Valid", "New");
    assertThat(verdicts.get("Valid")).isGreaterThan(2000);
  }

  @Test
  void findsTheDamagedPageThatPgChecksumsFinds() throws IOException {
    RealCluster real = real(tools().major());
    String path =
        relationFiles(real).stream()
            .filter(p -> p.startsWith("pg_tblspc/") && size(real, p) >= 3 * 8192)
            .findFirst()
            .orElseThrow();
    Path file = real.cluster.data().resolve(path);
    byte[] good = Files.readAllBytes(file);
    byte[] damaged = good.clone();
    damaged[8192 + 5000] ^= 0x10;
    try {
      Files.write(file, damaged, StandardOpenOption.TRUNCATE_EXISTING);
      assertThatThrownBy(() -> tools().run("pg_checksums", "-c", "-D", real.cluster.data()))
          .hasMessageContaining("block 1:");
      assertThat(verdictsOf(file, RelationFile.parse(path).orElseThrow()))
          .filteredOn(v -> !v.isAcceptable())
          .singleElement()
          .isInstanceOf(PageVerdict.Bad.class);
    } finally {
      Files.write(file, good, StandardOpenOption.TRUNCATE_EXISTING);
    }
    tools().run("pg_checksums", "-c", "-D", real.cluster.data());
  }

  private static List<PageVerdict> verdictsOf(Path file, RelationFile relation) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    PageVerifier verifier = new PageVerifier(new Lsn(-1), 8192);
    List<PageVerdict> verdicts = new ArrayList<>();
    for (int block = 0; block < bytes.length / 8192; block++) {
      verdicts.add(verifier.verify(bytes, block * 8192, relation.firstBlock() + block));
    }
    return verdicts;
  }

  /** All that a backup copies and has checksums, tablespaces included. */
  private static List<String> relationFiles(RealCluster real) throws IOException {
    Path data = real.cluster.data();
    DataDirectory rules = new DataDirectory(real.major);
    List<Path> roots = new ArrayList<>(List.of(data));
    try (Stream<Path> links = Files.list(data.resolve("pg_tblspc"))) {
      roots.addAll(links.toList());
    }
    List<String> files = new ArrayList<>();
    for (Path root : roots) {
      try (Stream<Path> entries = Files.walk(root.equals(data) ? root : root.resolve("."))) {
        entries
            .filter(Files::isRegularFile)
            .map(file -> data.relativize(file.normalize()).toString())
            .filter(p -> copies(rules, data, p))
            .filter(p -> RelationFile.parse(p).filter(RelationFile::hasChecksums).isPresent())
            .forEach(files::add);
      }
    }
    return files;
  }

  private static boolean copies(DataDirectory rules, Path data, String path) {
    return rules.ruleFor(path, false, other -> Files.exists(data.resolve(other))) == FileRule.COPY;
  }

  private static long size(RealCluster real, String path) {
    return real.cluster.data().resolve(path).toFile().length();
  }

  private static RealCluster real(int major) {
    RealCluster real = CLUSTERS.get(major);
    if (real == null) {
      throw new IllegalArgumentException("no cluster of " + major);
    }
    return real;
  }

  private static byte[] read(int major, String path) {
    return RealCluster.read(real(major).cluster.data().resolve(path));
  }

  private static PostgresBinaries tools() {
    Assumptions.assumeTrue(
        PostgresBinaries.debian(15).isPresent(), "PostgreSQL 15 with its tools is not installed");
    return PostgresBinaries.debian(15).orElseThrow();
  }
}
