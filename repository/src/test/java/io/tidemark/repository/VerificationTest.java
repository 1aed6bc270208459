package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageChecksum;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalGenerator;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.Compression.Algorithm;
import io.tidemark.repository.Finding.Severity;
import io.tidemark.store.Content;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerificationTest {
  private static final PostgresMajor MAJOR = PostgresMajor.of(17);
  private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
  private static final BackupName NAME = BackupFixture.NAME;

  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private final WalGenerator wal = new WalGenerator(WalGenerator.source(MAJOR, 1), lsn(2), 7);
  @TempDir Path dir;
  private ClusterRepository repository = create(Algorithm.ZSTD, false);

  private static Lsn lsn(long segment) {
    return new Lsn(segment * SIZE.bytes());
  }

  private static WalSegment segment(long number) {
    return new WalSegment(new Timeline(1), number, SIZE);
  }

  private ClusterRepository create(Algorithm algorithm, boolean encrypted) {
    WalSource source = wal.source();
    Optional<Path> keyFile = encrypted ? Optional.of(BackupFixture.keyFile(dir)) : Optional.empty();
    return ClusterRepository.create(
        store,
        (algorithm + "-" + encrypted).toLowerCase(Locale.ROOT),
        new ClusterIdentity(
            source.systemId(), MAJOR.number(), SIZE, encrypted, BackupFixture.START),
        new RepositoryOptions(new Compression(algorithm, 3), keyFile, BackupFixture.WRITER));
  }

  /** Segments 2 to 41 are full, and 42 is begun; some records span segments. */
  @BeforeEach
  void makeWal() {
    Random random = new Random(3);
    while (wal.end().isBefore(lsn(42).plus(300_000))) {
      wal.commit();
      wal.filler(random.nextInt(60_000));
      if (random.nextInt(200) == 0) {
        wal.filler(2_500_000);
      }
    }
  }

  private void archive() {
    for (long number = 2; number < 42; number++) {
      repository.wal().putSegment(segment(number), content(number), WalSummary.EMPTY);
    }
    int open = (int) wal.end().minus(lsn(42));
    repository.wal().putTail(segment(42), lsn(42), content(42).slice(0, open), WalSummary.EMPTY);
  }

  private ByteBuffer content(long number) {
    return ByteBuffer.wrap(wal.segment(segment(number)));
  }

  private Part part() {
    return repository.backups().part();
  }

  private static byte[] pages(int count, int firstBlock) {
    byte[] bytes = new byte[count * 8192];
    for (int i = 0; i < count; i++) {
      Arrays.fill(bytes, i * 8192 + 24, (i + 1) * 8192, (byte) (i + 1));
      ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      page.putShort(i * 8192 + 14, (short) 8192);
      page.putShort(i * 8192 + 18, (short) 8196);
      page.putShort(i * 8192 + 8, (short) PageChecksum.of(bytes, i * 8192, 8192, firstBlock + i));
    }
    return bytes;
  }

  private Manifest backup(BackupName name, Map<String, byte[]> files) {
    return backup(name, files, file -> file);
  }

  private Manifest backup(
      BackupName name, Map<String, byte[]> files, UnaryOperator<BackupFile> change) {
    BackupWriter writer = repository.backups().begin(name, new Timeline(1), lsn(5).plus(40));
    List<BackupFile> stored = BackupFixture.store(writer, files).stream().map(change).toList();
    BackupInfo like = BackupFixture.info(name);
    BackupInfo info =
        new BackupInfo(
            name,
            repository.identity().systemId(),
            17,
            like.catalogVersion(),
            8192,
            SIZE,
            new Timeline(1),
            lsn(5).plus(40),
            lsn(5).plus(80),
            lsn(6).plus(400),
            like.startTime(),
            like.stopTime(),
            false,
            true,
            Optional.empty());
    Manifest manifest =
        new Manifest(
            info, BackupTotals.of(name, stored), "label", "", List.of(), List.of(), stored);
    writer.complete(manifest);
    return manifest;
  }

  private Map<String, byte[]> files() {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("base/5/1234", pages(200, 0));
    files.put("base/5/1234.1", pages(3, 131072));
    files.put("base/5/pg_filenode.map", FrameCodecTest.content(new Random(1), 3 << 20));
    files.put("empty", new byte[0]);
    return files;
  }

  private VerificationResult verify() {
    return new Verification(repository, VerificationOptions.all(2)).run((done, all) -> {});
  }

  private static List<Finding> errors(VerificationResult result) {
    return result.findings().stream()
        .filter(finding -> finding.severity() == Severity.ERROR)
        .toList();
  }

  private void assertError(String key, String... words) {
    VerificationResult result = verify();
    assertThat(result.isSound()).isFalse();
    assertThat(errors(result))
        .isNotEmpty()
        .allSatisfy(finding -> assertThat(finding.key()).isEqualTo(key))
        .anySatisfy(finding -> assertThat(finding.what()).contains(words));
  }

  @ParameterizedTest
  @CsvSource({"ZSTD,true", "LZ4,false", "NONE,true"})
  void findsNothingWhereAllIsWell(Algorithm algorithm, boolean encrypted) {
    repository = create(algorithm, encrypted);
    archive();
    Manifest manifest = backup(NAME, files());
    AtomicLong done = new AtomicLong();
    AtomicLong all = new AtomicLong();
    VerificationResult result =
        new Verification(repository, VerificationOptions.all(2))
            .run(
                (bytes, inAll) -> {
                  done.accumulateAndGet(bytes, Math::max);
                  all.set(inAll);
                });
    assertThat(result.findings()).isEmpty();
    assertThat(result.backups()).isEqualTo(1);
    assertThat(result.frames())
        .isEqualTo(manifest.files().stream().mapToInt(file -> file.frames().size()).sum());
    assertThat(result.pages()).isEqualTo(203);
    assertThat(result.segments()).isEqualTo(41);
    assertThat(done.get()).isEqualTo(all.get()).isPositive();
    assertThat(result.bytes()).isEqualTo(all.get());
  }

  @Test
  void namesTheFileOfADamagedFrame() {
    archive();
    Manifest manifest = backup(NAME, files());
    Frame frame = manifest.files().get(2).frames().get(1);
    String key = part().keys().pack(frame.pack());
    BackupFixture.damage(store, key, (int) frame.packOffset() + 100);
    assertError(key, "frame at byte " + frame.packOffset(), "it belongs to base/5/pg_filenode.map");
  }

  @Test
  void namesAMissingPack() {
    archive();
    Manifest manifest = backup(NAME, files());
    String key = part().keys().pack(manifest.files().getFirst().frames().getFirst().pack());
    store.delete(key);
    assertError(key, "missing", NAME.text());
  }

  @Test
  void saysThatAPackIsCutShort() {
    archive();
    Manifest manifest = backup(NAME, files());
    String key = part().keys().pack(manifest.files().getFirst().frames().getFirst().pack());
    BackupFixture.replace(store, key, Arrays.copyOf(BackupFixture.bytes(store, key), 100_000));
    assertError(key, "cut short");
  }

  @Test
  void tellsADamagedDirectoryFromDamagedContent() {
    archive();
    Manifest manifest = backup(NAME, files());
    String key = part().keys().pack(manifest.files().getFirst().frames().getFirst().pack());
    BackupFixture.damage(store, key, BackupFixture.bytes(store, key).length - 5);
    VerificationResult result = verify();
    assertThat(result.isSound()).isTrue();
    assertThat(result.findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARNING));
  }

  @Test
  void namesAPageThatWasDamagedBeforeItWasBackedUp() {
    archive();
    Map<String, byte[]> files = files();
    byte[] relation = pages(200, 0);
    relation[7 * 8192 + 500] ^= 1;
    files.put("base/5/1234", relation);
    backup(NAME, files);
    VerificationResult result = verify();
    assertThat(result.isSound()).isTrue();
    assertThat(result.findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("page 7 of base/5/1234"));
  }

  @Test
  void namesADamagedManifestInItsHeaderAndInItsContent() {
    archive();
    backup(NAME, files());
    String key = part().keys().manifest(NAME);
    byte[] good = BackupFixture.bytes(store, key);
    BackupFixture.damage(store, key, 40);
    assertError(key, "header");
    BackupFixture.replace(store, key, good);
    BackupFixture.damage(store, key, good.length - 20);
    assertError(key, "damaged");
  }

  @Test
  void reportsOrphansAndUnfinishedBackups() {
    archive();
    BackupFixture.store(
        repository.backups().begin(NAME, new Timeline(1), lsn(5)), Map.of("a", new byte[] {1}));
    BackupEntry.Unfinished unfinished =
        (BackupEntry.Unfinished) repository.backups().list().getFirst();
    assertThat(verify().findings()).extracting(Finding::severity).containsOnly(Severity.INFO);
    BackupWriter resumed = repository.backups().resume(unfinished);
    List<BackupFile> stored = BackupFixture.store(resumed, Map.of("b", new byte[] {2}));
    BackupInfo like = BackupFixture.info(NAME);
    BackupInfo info =
        new BackupInfo(
            NAME,
            repository.identity().systemId(),
            17,
            1,
            8192,
            SIZE,
            new Timeline(1),
            lsn(5),
            lsn(5),
            lsn(6),
            like.startTime(),
            like.stopTime(),
            false,
            false,
            Optional.empty());
    resumed.complete(
        new Manifest(info, BackupTotals.of(NAME, stored), "x", "", List.of(), List.of(), stored));
    assertThat(verify().findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("no manifest refers to it"));
  }

  @Test
  void namesADamagedSegment() {
    archive();
    String key = part().keys().segment(segment(9));
    BackupFixture.damage(store, key, BackupFixture.bytes(store, key).length / 2);
    assertError(key, "damaged");
  }

  @Test
  void findsARecordThatWasDamagedBeforeItWasArchived() {
    for (long number = 2; number < 42; number++) {
      ByteBuffer bytes = content(number);
      if (number == 20) {
        bytes.put(500_000, (byte) (bytes.get(500_000) ^ 1));
      }
      repository.wal().putSegment(segment(number), bytes, WalSummary.EMPTY);
    }
    VerificationResult result = verify();
    assertThat(errors(result))
        .isNotEmpty()
        .allSatisfy(
            finding ->
                assertThat(finding.key())
                    .isIn(
                        part().keys().segment(segment(20)),
                        part().keys().segment(segment(21)),
                        part().keys().segment(segment(22))));
  }

  @Test
  void checksTheRecordAcrossTheEndOfEachThreadsWork() {
    // Segments 2 to 33 are one thread's work: damage only what goes on into 34.
    Lsn end = lsn(34);
    boolean spans = wal.events().stream().noneMatch(event -> event.end().equals(end));
    assertThat(spans).isTrue();
    for (long number = 2; number < 42; number++) {
      ByteBuffer bytes = content(number);
      if (number == 33) {
        int at = SIZE.bytes() - 1;
        bytes.put(at, (byte) (bytes.get(at) ^ 1));
      }
      repository.wal().putSegment(segment(number), bytes, WalSummary.EMPTY);
    }
    assertThat(errors(verify())).isNotEmpty();
  }

  @Test
  void listsGapsAndBackupsThatNeedThem() {
    for (long number : List.of(2L, 3L, 4L, 7L, 8L)) {
      repository.wal().putSegment(segment(number), content(number), WalSummary.EMPTY);
    }
    backup(NAME, files());
    VerificationResult result = verify();
    assertThat(errors(result))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.key()).isEqualTo(part().keys().manifest(NAME));
              assertThat(finding.what()).contains("needs WAL from " + lsn(5).plus(40));
            });
    assertThat(result.findings())
        .anySatisfy(
            finding ->
                assertThat(finding.what()).contains("missing from " + lsn(5) + " to " + lsn(7)));
  }

  @Test
  void saysThatAHistoryIsMissing() {
    archive();
    wal.promote();
    wal.filler(3_000_000);
    WalSegment later = WalSegment.containing(new Timeline(2), wal.end(), SIZE);
    store.putIfAbsent(part().keys().segment(later), Content.of(new byte[] {1}));
    assertThat(errors(verify()))
        .anySatisfy(
            finding -> assertThat(finding.key()).isEqualTo(part().keys().history(new Timeline(2))))
        .anySatisfy(finding -> assertThat(finding.key()).isEqualTo(part().keys().segment(later)));
  }

  @Test
  void reportsWhatDoesNotBelongThere() {
    archive();
    store.putIfAbsent(part().keys().timeline(new Timeline(1)) + "stray", Content.of(new byte[1]));
    VerificationResult result = verify();
    assertThat(result.isSound()).isTrue();
    assertThat(result.findings())
        .anySatisfy(finding -> assertThat(finding.key()).endsWith("/stray"));
  }

  @Test
  void saysNothingOfAStoreThatDoesNotAnswer() {
    archive();
    store.nth(
        20,
        FaultyStore.operation(Operation.GET),
        new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));
    assertThatThrownBy(this::verify).isInstanceOf(StoreException.class);
  }

  @Test
  void readsOnlyTheWalWhereOnlyThatIsAsked() {
    archive();
    backup(NAME, files());
    VerificationResult result =
        new Verification(repository, VerificationOptions.walOnly(1)).run((done, all) -> {});
    assertThat(result.findings()).isEmpty();
    assertThat(result.backups()).isZero();
    assertThat(result.segments()).isEqualTo(41);
  }

  @Test
  void holdsTheWholeFileToItsOwnChecksum() {
    archive();
    backup(
        NAME,
        files(),
        file ->
            file.path().equals("base/5/1234.1")
                ? new BackupFile(
                    file.path(),
                    file.size(),
                    file.mode(),
                    file.modified(),
                    file.crc32c() ^ 1,
                    file.frames())
                : file);
    assertError(part().keys().manifest(NAME), "base/5/1234.1", "add up");
  }

  @Test
  void findsNothingWrongWithWhatExpiryRemovesMeanwhile() {
    archive();
    Manifest manifest = backup(NAME, files());
    VerificationResult result =
        during(
            () -> {
              store.delete(part().keys().backupBegan(NAME));
              store.delete(part().keys().manifest(NAME));
              LongStream.range(2, 12)
                  .forEach(number -> store.delete(part().keys().segment(segment(number))));
              packs(manifest).forEach(store::delete);
            });
    assertThat(result.isSound()).as("%s", result.findings()).isTrue();
    assertThat(result.findings()).anyMatch(finding -> finding.what().contains("removed while"));
  }

  @Test
  void stillSeesWhatIsLostMeanwhileOfABackupThatStays() {
    archive();
    Manifest manifest = backup(NAME, files());
    VerificationResult result = during(() -> packs(manifest).forEach(store::delete));
    assertThat(errors(result)).isNotEmpty();
  }

  @Test
  void findsNothingWrongWithATailWhoseSegmentCameMeanwhile() {
    archive();
    backup(NAME, files());
    String tails = part().keys().tails(segment(42));
    VerificationResult result =
        during(
            () -> {
              repository.wal().putSegment(segment(42), content(42), WalSummary.EMPTY);
              store.list(tails).map(ObjectInfo::key).toList().forEach(store::delete);
            });
    assertThat(result.isSound()).as("%s", result.findings()).isTrue();
  }

  private Set<String> packs(Manifest manifest) {
    return manifest.files().stream()
        .flatMap(file -> file.frames().stream())
        .filter(frame -> !frame.isZeros())
        .map(frame -> part().keys().pack(frame.pack()))
        .collect(Collectors.toSet());
  }

  /** Verifies, and does something when all is listed and little is read. */
  private VerificationResult during(Runnable something) {
    AtomicBoolean done = new AtomicBoolean();
    return new Verification(repository, VerificationOptions.all(2))
        .run(
            (_, _) -> {
              if (!done.getAndSet(true)) {
                something.run();
              }
            });
  }
}
