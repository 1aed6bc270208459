package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.FaultyStore.Call;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Restores from a store that is away, late or wrong: PostgreSQL is never promoted early, nothing
 * half restored can be started, and all goes on when the store is back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecoveryOutageTest {
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(16);
  private static final Timeline ONE = new Timeline(1);
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** How PostgreSQL 16 says that restore_command gave a code above 125. */
  private static final String ABORT = "child process exited with exit code 200";

  private record Source(ClusterRepository repository, ClusterContent held) {}

  @TempDir Path directory;

  private @Nullable FaultyStore faulty;
  private @Nullable Source source;

  static Stream<StoreFault> faults() {
    return Stream.of(
        new StoreFault.Fail(Kind.UNAVAILABLE),
        new StoreFault.Fail(Kind.DENIED),
        new StoreFault.Hang(Duration.ofMinutes(1)),
        new StoreFault.Late(Duration.ofMinutes(1)),
        new StoreFault.BreakOff(300),
        new StoreFault.CutShort(300),
        new StoreFault.Corrupt(700));
  }

  @BeforeAll
  void archiveACluster(@TempDir Path shared) {
    OsUser.letIn(shared);
    FaultyStore store =
        new FaultyStore(PosixStore.create(PosixSettings.of(shared.resolve("repository"))));
    faulty = store;
    try (TestCluster cluster =
            TestCluster.builder(BINARIES).walSegmentMegabytes(1).fsync(false).start();
        ArchivedCluster archived =
            new ArchivedCluster(cluster, store, KilledCluster.OPTIONS, shared.resolve("spool"));
        Workload workload = Workload.on(cluster).seed(5).rate(300).start()) {
      workload.awaitMore(50);
      assertThat(archived.backup().damagedPages()).isEmpty();
      cluster.sql("SELECT pg_switch_wal()");
      workload.awaitMore(50);
      cluster.sql("SELECT pg_switch_wal()");
      workload.awaitMore(50);
      workload.stop();
      archived.awaitArchived();
      source =
          new Source(
              ClusterRepository.open(store, ArchivedCluster.NAME, KilledCluster.OPTIONS),
              ClusterContent.of(cluster));
    }
  }

  @AfterAll
  void closeRepository() {
    Objects.requireNonNull(source).repository().close();
    Objects.requireNonNull(faulty).close();
  }

  @BeforeEach
  void letServersIn() {
    OsUser.letIn(directory);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void isNotPromotedWithoutTheWalThatTheStoreDoesNotGive(StoreFault fault) throws Exception {
    FaultyStore store = Objects.requireNonNull(faulty);
    Restorer restorer = restorer();
    RestorePlan plan = restorer.plan(RestoreRequest.LATEST);
    Path target = restorer.files(plan, "restored");
    store.always(reads(lastWholeSegment(plan)), fault);
    try {
      assertThatThrownBy(() -> restorer.recover(plan, target))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN));
    } finally {
      store.clear();
    }
    assertThat(Files.readString(target.resolve("recovery.log"))).contains(ABORT);
    requireStillInRecovery(target);

    requireWhole(restorer, plan, target);
  }

  @Test
  void isNotPromotedWhereNoFetcherAnswers() throws Exception {
    Restorer restorer = restorer();
    RestorePlan plan = restorer.plan(RestoreRequest.LATEST);
    Path target = restorer.files(plan, "restored");
    assertThatThrownBy(() -> restorer.recoverAlone(plan, target))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN));
    assertThat(Files.readString(target.resolve("recovery.log"))).contains(ABORT);
    requireStillInRecovery(target);

    requireWhole(restorer, plan, target);
  }

  @ParameterizedTest
  @MethodSource("faultsOfPacks")
  void aDirectoryThatIsNotWholeCannotBeStarted(StoreFault fault) {
    FaultyStore store = Objects.requireNonNull(faulty);
    Restorer restorer = restorer();
    RestorePlan plan = restorer.plan(RestoreRequest.LATEST);
    store.nth(2, reads(".pack"), fault);
    try {
      assertThatThrownBy(() -> restorer.files(plan, "restored"))
          .isInstanceOf(TidemarkException.class);
    } finally {
      store.clear();
    }
    assertThat(directory.resolve("restored").resolve(ControlFile.PATH)).doesNotExist();
  }

  static Stream<StoreFault> faultsOfPacks() {
    return Stream.of(
        new StoreFault.Fail(Kind.UNAVAILABLE),
        new StoreFault.CutShort(5000),
        new StoreFault.BreakOff(5000),
        new StoreFault.Corrupt(5000));
  }

  private Restorer restorer() {
    return new Restorer(Objects.requireNonNull(source).repository(), BINARIES, directory, PATIENCE);
  }

  private static Predicate<Call> reads(String part) {
    return FaultyStore.operation(Operation.GET).and(FaultyStore.keyContains(part));
  }

  /** After the backup's consistent point, so that the server might well have been promoted. */
  private static String lastWholeSegment(RestorePlan plan) {
    WalSegment open =
        WalSegment.containing(ONE, plan.frontier().plus(-1), plan.backup().walSegmentSize());
    WalSegment last = WalSegment.containing(ONE, open.start().plus(-1), open.size());
    assertThat(last.start()).isGreaterThanOrEqualTo(plan.backup().stopLsn());
    return last.name() + ".wal";
  }

  private static void requireStillInRecovery(Path target) {
    assertThat(target.resolve("recovery.signal")).exists();
    assertThat(target.resolve("pg_wal/00000002.history")).doesNotExist();
    assertThat(ControlFileReader.read(target).timeline()).isEqualTo(ONE);
  }

  private void requireWhole(Restorer restorer, RestorePlan plan, Path target) {
    try (Restored restored = restorer.recover(plan, target)) {
      assertThat(restored.proof().state()).isEqualTo(RecoveryProof.State.PROMOTED);
      assertThat(restored.content().differences(Objects.requireNonNull(source).held())).isEmpty();
    }
  }
}
