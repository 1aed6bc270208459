package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver;
import io.tidemark.testing.OsUser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RestoreTest {
  @TempDir Path temporary;
  private final FaultyStore store = new FaultyStore(new MemoryStore());
  private final TestBackup backup = new TestBackup(store);
  private Path target = Path.of("");

  @BeforeEach
  void choose() throws IOException {
    target = temporary.toRealPath().resolve("restored");
  }

  private RestoreOptions options(boolean delta, Map<Path, Path> tablespaces) {
    return options(delta, tablespaces, false);
  }

  private RestoreOptions options(
      boolean delta, Map<Path, Path> tablespaces, boolean tablespaceCreation) {
    return new RestoreOptions(
        target,
        delta,
        tablespaces,
        2,
        OsUser.forServers().map(OsUser::name),
        TargetAction.PROMOTE,
        tablespaceCreation,
        Archiving.OFF);
  }

  private RestoredFiles restore(RestorePlan plan, RestoreOptions options) {
    return new Restore(backup.repository(), options, RestoreProgress.NONE)
        .run(plan, _ -> "fetch %f 'to' %p");
  }

  private RestoredFiles restore() {
    return restore(backup.store(), options(false, Map.of()));
  }

  private RestoredFiles delta(RestorePlan plan) {
    return restore(plan, options(true, Map.of()));
  }

  private TidemarkException refusal(RestorePlan plan, RestoreOptions options) {
    return catchThrowableOfType(TidemarkException.class, () -> restore(plan, options));
  }

  private void assertWhole() throws IOException {
    for (Map.Entry<String, byte[]> file : backup.files.entrySet()) {
      if (!file.getKey().equals("postgresql.auto.conf")) {
        assertThat(target.resolve(file.getKey())).hasBinaryContent(file.getValue());
      }
    }
    assertThat(target.resolve(TargetDirectory.MARKER)).doesNotExist();
  }

  private static int mode(Path path) throws IOException {
    return FileMode.of(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  private static Set<String> tree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.map(path -> root.relativize(path).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  // A new directory

  @Test
  void writesEveryFileOfTheBackupAndWhatRecoveryNeeds() throws IOException {
    RestoredFiles restored = restore();

    assertWhole();
    assertThat(restored.reusedBytes()).isZero();
    assertThat(tree(target))
        .contains(
            "backup_label",
            "backup_manifest",
            "recovery.signal",
            "pg_stat",
            "pg_wal/archive_status",
            "pg_wal/summaries",
            "pg_replslot");
    assertThat(Files.readString(target.resolve("postgresql.auto.conf")))
        .startsWith("work_mem = '8MB'\n")
        .contains("restore_command = 'fetch %f ''to'' %p'\n")
        .contains("recovery_target_timeline = '1'\n")
        .contains("archive_mode = 'off'\n");
  }

  @Test
  void givesEverythingModesAndTheOwner() throws IOException {
    restore();

    assertThat(mode(target)).isEqualTo(0700);
    assertThat(mode(target.resolve("base/5"))).isEqualTo(0700);
    assertThat(mode(target.resolve("base/5/1259"))).isEqualTo(0600);
    assertThat(mode(target.resolve("pg_wal/archive_status"))).isEqualTo(0700);
    for (String path : tree(target)) {
      assertThat(Files.getOwner(target.resolve(path)).getName())
          .as(path)
          .isEqualTo(OsUser.forServers().map(OsUser::name).orElse(System.getProperty("user.name")));
    }
  }

  @Test
  void letsTheGroupReadWhereTheClusterDid() throws IOException {
    backup.directories.replaceAll((_, _) -> 0750);

    restore();

    assertThat(mode(target)).isEqualTo(0750);
    assertThat(mode(target.resolve("pg_replslot"))).isEqualTo(0750);
    assertThat(mode(target.resolve("backup_label"))).isEqualTo(0640);
    assertThat(mode(target.resolve(ControlFile.PATH))).isEqualTo(0640);
  }

  @Test
  void writesFilesThatShareTheirPieces() throws IOException {
    backup.copies.put("base/5/16401", "base/5/16400");

    restore();

    assertThat(target.resolve("base/5/16401"))
        .hasBinaryContent(backup.files.get("base/5/16400"))
        .hasSameBinaryContentAs(target.resolve("base/5/16400"));
    assertWhole();
  }

  @Test
  void acceptsAnEmptyDirectory() throws IOException {
    Files.createDirectory(target);

    restore();

    assertWhole();
  }

  // Directories that it must not touch

  private void assertUntouched(ErrorCode code, String found, RestoreOptions options)
      throws IOException {
    RestorePlan plan = backup.store();
    Set<String> before = tree(temporary);

    TidemarkException refusal = refusal(plan, options);

    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal).hasMessageContaining(found);
    assertThat(tree(temporary)).isEqualTo(before);
  }

  @Test
  void refusesADirectoryThatIsNotEmpty() throws IOException {
    write("mine", "precious");

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "is not empty", options(false, Map.of()));
  }

  @Test
  void refusesAFile() throws IOException {
    Files.writeString(target, "precious");

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "is not a directory", options(true, Map.of()));
  }

  @Test
  void refusesADirectoryThatAServerRunsIn() throws IOException {
    write(ControlFile.PATH, TestBackup.controlFile(TestBackup.SYSTEM));
    write("postmaster.pid", ProcessHandle.current().pid() + "\n" + target + "\n");

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "running server", options(true, Map.of()));
  }

  @Test
  void refusesTheDirectoryOfAnotherCluster() throws IOException {
    write(ControlFile.PATH, TestBackup.controlFile(new SystemId(42)));

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "system identifier 42", options(true, Map.of()));
  }

  @Test
  void refusesADirectoryThatIsNoDataDirectory() throws IOException {
    write("holiday.jpg", "precious");

    assertUntouched(
        ErrorCode.DIRECTORY_REFUSED, "no PostgreSQL data directory", options(true, Map.of()));
  }

  @Test
  void refusesATablespaceThatHoldsFiles() throws IOException {
    backup.tablespace(16399, temporary.toRealPath().resolve("fast").toString());
    Files.createDirectories(temporary.resolve("fast"));
    Files.writeString(temporary.resolve("fast/file"), "of the primary");

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "is not empty", options(false, Map.of()));
  }

  @Test
  void neverWritesOverATablespaceThatIsNotTheDirectorysOwn() throws IOException {
    backup.tablespace(16399, temporary.toRealPath().resolve("fast").toString());
    Files.createDirectories(temporary.resolve("fast"));
    Files.writeString(temporary.resolve("fast/file"), "of the primary");
    write(ControlFile.PATH, TestBackup.controlFile(TestBackup.SYSTEM));

    assertUntouched(ErrorCode.DIRECTORY_REFUSED, "does not use it", options(true, Map.of()));
  }

  @Test
  void refusesTablespacesWithinEachOtherOrTheDataDirectory() throws IOException {
    backup.tablespace(16399, "/one");
    backup.tablespace(16400, "/two");
    Path ts = temporary.toRealPath().resolve("ts");

    assertUntouched(
        ErrorCode.DIRECTORY_REFUSED,
        "is not apart",
        options(false, Map.of(Path.of("/one"), target.resolve("in"), Path.of("/two"), ts)));
    assertThat(
            refusal(
                new TestBackup(new MemoryStore()).store(),
                options(false, Map.of(Path.of("/three"), ts))))
        .isNotNull();
  }

  @Test
  void refusesAMappingOfATablespaceThatThereIsNot() throws IOException {
    backup.tablespace(16399, "/one");

    assertUntouched(
        ErrorCode.USAGE,
        "no tablespace at /three",
        options(false, Map.of(Path.of("/three"), temporary.resolve("x"))));
  }

  // Tablespaces

  @Test
  void putsTablespacesWhereTheyAreMappedTo() throws IOException {
    backup.tablespace(16399, "/one");
    Path ts = temporary.toRealPath().resolve("with space");

    restore(backup.store(), options(false, Map.of(Path.of("/one"), ts)));

    assertWhole();
    assertThat(target.resolve("pg_tblspc/16399")).isSymbolicLink();
    assertThat(Files.readSymbolicLink(target.resolve("pg_tblspc/16399"))).isEqualTo(ts);
    assertThat(target.resolve("tablespace_map")).hasContent("16399 " + ts);
    assertThat(ts.resolve(TestBackup.VERSION_DIRECTORY + "/5/16400")).exists();
  }

  @Test
  void clearsATablespaceOfWhatIsOfItsMajorOnly() throws IOException {
    Path ts = temporary.toRealPath().resolve("ts");
    backup.tablespace(16399, ts.toString());
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path stray = ts.resolve(TestBackup.VERSION_DIRECTORY + "/5/99999");
    Path older = ts.resolve("PG_15_202209061/5/1");
    Files.writeString(stray, "made later");
    Files.createDirectories(older.getParent());
    Files.writeString(older, "of another major");

    delta(plan);

    assertWhole();
    assertThat(stray).doesNotExist();
    assertThat(older).exists();
  }

  // Over a directory of the same cluster

  @Test
  void keepsWhatIsRightAndReplacesTheRest() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path big = target.resolve("base/5/16400");
    try (var channel = Files.newByteChannel(big, StandardOpenOption.WRITE)) {
      channel.position(5000).write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
    write("base/5/1259", "cut short");
    Files.write(target.resolve("base/5/2619"), new byte[8192], StandardOpenOption.APPEND);
    Files.delete(target.resolve("base/5/empty"));
    write("base/5/99999", "made later");
    write("base/6/1259", "a database made later");
    write("pg_wal/000000010000000000000009", "of another future");
    Files.setPosixFilePermissions(target.resolve("PG_VERSION"), FileMode.permissions(0666));
    FileTime untouched = Files.getLastModifiedTime(target.resolve("PG_VERSION"));

    RestoredFiles restored = delta(plan);

    assertWhole();
    assertThat(tree(target))
        .doesNotContain("base/5/99999", "base/6", "pg_wal/000000010000000000000009");
    assertThat(mode(target.resolve("PG_VERSION"))).isEqualTo(0600);
    assertThat(Files.getLastModifiedTime(target.resolve("PG_VERSION"))).isEqualTo(untouched);
    assertThat(restored.removedFiles()).isGreaterThanOrEqualTo(3);
    assertThat(restored.reusedBytes())
        .as("one MiB of the big file, and the small one, had to be written")
        .isEqualTo(restored.bytes() - ControlFile.BYTES - (1 << 20) - 3 * 8192);
  }

  @Test
  void neverWritesThroughALink() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path outside = temporary.toRealPath().resolve("outside");
    Files.createDirectories(outside.resolve("5"));
    Files.writeString(outside.resolve("file"), "precious");
    Files.writeString(outside.resolve("5/1259"), "precious");
    Files.delete(target.resolve("PG_VERSION"));
    Files.createSymbolicLink(target.resolve("PG_VERSION"), outside.resolve("file"));
    deleteTree(target.resolve("base"));
    Files.createSymbolicLink(target.resolve("base"), outside);
    Files.createSymbolicLink(target.resolve("stray"), outside);

    delta(plan);

    assertWhole();
    assertThat(target.resolve("base")).isDirectory();
    assertThat(Files.isSymbolicLink(target.resolve("base"))).isFalse();
    assertThat(target.resolve("stray")).doesNotExist();
    assertThat(outside.resolve("file")).hasContent("precious");
    assertThat(outside.resolve("5/1259")).hasContent("precious");
  }

  @Test
  void neverWritesIntoAFileThatHasASecondName() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path file = target.resolve("base/5/1259");
    Files.writeString(file, "as another cluster has it");
    Path other = temporary.resolve("hard-link");
    Files.createLink(other, file);

    delta(plan);

    assertWhole();
    assertThat(other).hasContent("as another cluster has it");
  }

  @Test
  void exchangesFilesForDirectoriesAndBack() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    deleteTree(target.resolve("base/5"));
    write("base/5", "a file");
    Files.delete(target.resolve("PG_VERSION"));
    write("PG_VERSION/inside", "a directory");

    delta(plan);

    assertWhole();
  }

  @Test
  void clearsAPgWalOnAnotherDiskAndKeepsItsLink() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path disk = temporary.toRealPath().resolve("disk");
    deleteTree(target.resolve("pg_wal"));
    Files.createDirectories(disk);
    Files.writeString(disk.resolve("000000010000000000000009"), "of another future");
    Files.createSymbolicLink(target.resolve("pg_wal"), disk);

    delta(plan);

    assertWhole();
    assertThat(target.resolve("pg_wal")).isSymbolicLink();
    assertThat(disk.resolve("000000010000000000000009")).doesNotExist();
    assertThat(disk.resolve("archive_status")).isDirectory();
  }

  // Interrupted

  @Test
  void leavesNothingThatStartsWhenInterruptedAndFinishesLater() throws IOException {
    RestorePlan plan = backup.store();
    store.always(
        FaultyStore.operation(StoreObserver.Operation.GET).and(FaultyStore.keyContains(".pack")),
        new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));

    TidemarkException failure = refusal(plan, options(false, Map.of()));

    assertThat(failure.code()).isEqualTo(ErrorCode.STORE_UNREACHABLE);
    assertThat(target.resolve(ControlFile.PATH)).doesNotExist();
    store.clear();
    assertThat(refusal(plan, options(false, Map.of())))
        .hasMessageContaining("holds a restore that was not finished");
    delta(plan);
    assertWhole();
  }

  @Test
  void leavesNothingThatStartsWhenInterruptedOverAnOldDirectory() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    write("base/5/1259", "changed");
    store.always(FaultyStore.keyContains(".pack"), new StoreFault.CutShort(100));

    TidemarkException failure = refusal(plan, options(true, Map.of()));

    assertThat(failure.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED);
    assertThat(target.resolve(ControlFile.PATH)).doesNotExist();
    store.clear();
    delta(plan);
    assertWhole();
  }

  @Test
  void fsyncsEveryFileOnceItIsWhole() throws IOException {
    Map<String, Long> sizes = new ConcurrentHashMap<>();

    restoreWith(path -> sizes.put(target.relativize(path).toString(), Files.size(path)));

    assertWhole();
    Map<String, Long> expected = new TreeMap<>();
    backup.files.forEach((path, content) -> expected.put(path, (long) content.length));
    expected.remove(ControlFile.PATH);
    assertThat(sizes).isEqualTo(expected);
  }

  @Test
  void failsWithoutPgControlWhenAnFsyncFailsAndNeverTriesItAgain() {
    Queue<Path> tried = new ConcurrentLinkedQueue<>();

    TidemarkException failure =
        catchThrowableOfType(
            TidemarkException.class,
            () ->
                restoreWith(
                    path -> {
                      if (path.endsWith("base/5/16400")) {
                        tried.add(path);
                        throw new IOException("the disk is gone");
                      }
                    }));

    assertThat(failure.code()).isEqualTo(ErrorCode.LOCAL_IO);
    assertThat(failure)
        .hasMessageContaining("cannot fsync " + target.resolve("base/5/16400"))
        .hasMessageContaining("the disk is gone");
    assertThat(tried).hasSize(1);
    assertThat(target.resolve(ControlFile.PATH)).doesNotExist();
    assertThat(target.resolve(TargetDirectory.MARKER)).exists();
  }

  private RestoredFiles restoreWith(FsyncBehind.Fsync fsync) {
    return new Restore(backup.repository(), options(false, Map.of()), RestoreProgress.NONE, fsync)
        .run(backup.store(), _ -> "fetch %f 'to' %p");
  }

  @Test
  void writesPgControlOnlyWhenTheRecoverySettingsAreThere() {
    RestorePlan plan = backup.store();

    TidemarkException failure =
        catchThrowableOfType(
            TidemarkException.class,
            () ->
                new Restore(backup.repository(), options(false, Map.of()), RestoreProgress.NONE)
                    .run(
                        plan,
                        _ -> {
                          throw new TidemarkException(ErrorCode.LOCAL_IO, "no script", "");
                        }));

    assertThat(failure).hasMessage("no script");
    assertThat(target.resolve(ControlFile.PATH)).doesNotExist();
    assertThat(target.resolve("base/5/16400")).exists();
  }

  @Test
  void refusesABackupWithoutAWholePgControlBeforeAnythingIsTouched() throws IOException {
    backup.files.put(ControlFile.PATH, new byte[100]);

    assertUntouched(ErrorCode.OBJECT_DAMAGED, "no whole pg_control", options(false, Map.of()));
  }

  private void write(String path, String content) throws IOException {
    write(path, content.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String path, byte[] content) throws IOException {
    Path file = target.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @Test
  void refusesToLetReplayMakeATablespaceWhereThereIsSomething() throws IOException {
    Path used = Files.createDirectories(temporary.resolve("used"));
    Files.writeString(used.resolve("PG_17"), "of another server");
    RestorePlan plan = making(backup.store(), used);

    TidemarkException refusal = refusal(plan, options(false, Map.of()));
    assertThat(refusal.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED);
    assertThat(refusal).hasMessageContaining(used.toString());
    assertThat(refusal.hint()).contains("--lsn 0/3000000 --exclusive");
    assertThat(target).doesNotExist();

    restore(plan, options(false, Map.of(), true));
    assertWhole();
    assertThat(used.resolve("PG_17")).hasContent("of another server");
  }

  @Test
  void letsReplayMakeATablespaceInAnEmptyDirectory() throws IOException {
    Path unused = Files.createDirectories(temporary.resolve("unused"));

    restore(making(backup.store(), unused), options(false, Map.of()));

    assertWhole();
  }

  @Test
  void letsReplayMakeATablespaceAgainThatTheDirectoryHadMadeAndClearsIt() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path fast = Files.createDirectories(temporary.toRealPath().resolve("fast"));
    Path later = fast.resolve(TestBackup.VERSION_DIRECTORY + "/5/16501");
    Files.createDirectories(later.getParent());
    Files.writeString(later, "pages of a later moment");
    Path link = target.resolve("pg_tblspc/16500");
    Files.createSymbolicLink(link, fast);

    delta(making(plan, fast));

    assertWhole();
    assertThat(link).doesNotExist();
    assertThat(fast).isEmptyDirectory();
  }

  @Test
  void leavesATablespaceAloneThatARunningServerUsesToo() throws Exception {
    Path fast = Files.createDirectories(temporary.toRealPath().resolve("fast"));
    backup.tablespace(16399, fast.toString());
    RestorePlan plan = backup.store();
    restore(plan, options(false, Map.of()));
    Path primary = Files.createDirectories(temporary.toRealPath().resolve("primary"));
    Files.createDirectories(primary.resolve("pg_tblspc"));
    Files.writeString(primary.resolve("PG_VERSION"), "17");
    Files.createSymbolicLink(primary.resolve("pg_tblspc/16399"), fast);
    Path stray = fast.resolve(TestBackup.VERSION_DIRECTORY + "/5/99999");
    Files.writeString(stray, "of the primary");

    Process server = new ProcessBuilder("sleep", "60").directory(primary.toFile()).start();
    try {
      TidemarkException refusal = refusal(plan, options(true, Map.of()));
      assertThat(refusal.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED);
      assertThat(refusal).hasMessageContaining("the server that runs in " + primary);
      assertThat(stray).exists();
    } finally {
      server.destroyForcibly().waitFor();
    }
    delta(plan);
    assertWhole();
    assertThat(stray).doesNotExist();
  }

  private static RestorePlan making(RestorePlan plan, Path location) {
    return new RestorePlan(
        plan.request(),
        plan.backup(),
        plan.totals(),
        plan.history(),
        plan.recoveryTarget(),
        plan.mustReach(),
        plan.frontier(),
        plan.lastRecord(),
        plan.targetTime(),
        List.of(new TargetFinder.MadeTablespace(new Lsn(0x3000000), 16_500, location.toString())),
        plan.notes());
  }
}
