package io.tidemark.restore;

import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Crc32c;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.BackupTotals;
import io.tidemark.repository.BackupWriter;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.Frame;
import io.tidemark.repository.Manifest;
import io.tidemark.repository.PackWriter;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.store.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/** A backup made of nothing but bytes, in a repository of its own: what a restore is held to. */
final class TestBackup {
  static final SystemId SYSTEM = new SystemId(7422446688224466882L);
  static final PostgresMajor MAJOR = PostgresMajor.of(17);

  /** DB_IN_PRODUCTION of pg_control.h. */
  private static final int IN_PRODUCTION = 6;

  private static final int CRC_OFFSET = 288;
  static final Instant AT = Instant.parse("2026-11-20T15:02:12Z");
  static final String VERSION_DIRECTORY = MAJOR.tablespaceDirectory();

  /** Of paths to content and of directories to modes, in order. */
  final Map<String, byte[]> files = new TreeMap<>();

  final Map<String, Integer> directories = new TreeMap<>();

  /** Of paths to those of files with the same content, whose pieces they share. */
  final Map<String, String> copies = new TreeMap<>();

  final Map<Integer, String> tablespaces = new LinkedHashMap<>();
  Optional<String> owner = Optional.empty();

  private final ClusterRepository repository;

  TestBackup(ObjectStore store) {
    RepositoryOptions options =
        new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"));
    repository =
        ClusterRepository.create(
            store,
            "shop",
            new ClusterIdentity(SYSTEM, MAJOR.number(), WalSegmentSize.DEFAULT, false, AT),
            options);
    Random random = new Random(11);
    files.put("PG_VERSION", "17\n".getBytes(StandardCharsets.US_ASCII));
    files.put("postgresql.auto.conf", "work_mem = '8MB'\n".getBytes(StandardCharsets.US_ASCII));
    files.put(ControlFile.PATH, controlFile(SYSTEM));
    files.put("base/5/1259", bytes(random, 3 * 8192));
    files.put("base/5/2619", new byte[40_000]);
    files.put("base/5/16400", bytes(random, (2 << 20) + 8192));
    files.put("base/5/empty", new byte[0]);
    for (String directory : List.of("base", "base/5", "global", "pg_wal", "pg_tblspc", "pg_stat")) {
      directories.put(directory, 0700);
    }
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** A pg_control as a server in production writes it. */
  static byte[] controlFile(SystemId systemId) {
    ByteBuffer file = ByteBuffer.allocate(ControlFile.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(0, systemId.value());
    file.putInt(8, MAJOR.controlVersion()).putInt(12, MAJOR.catalogVersion());
    file.putInt(16, IN_PRODUCTION);
    file.putInt(48, 1).putInt(52, 1).putInt(172, 1);
    file.putInt(216, 8192).putInt(220, 131072).putInt(224, 8192).putInt(228, 16 << 20);
    return file.putInt(CRC_OFFSET, Crc32c.of(Arrays.copyOf(file.array(), CRC_OFFSET))).array();
  }

  ClusterRepository repository() {
    return repository;
  }

  /** A tablespace with a file in it. */
  void tablespace(int oid, String location) {
    tablespaces.put(oid, location);
    String path = "pg_tblspc/" + oid + "/" + VERSION_DIRECTORY + "/5";
    directories.put("pg_tblspc/" + oid, 0700);
    directories.put("pg_tblspc/" + oid + "/" + VERSION_DIRECTORY, 0700);
    directories.put(path, 0700);
    files.put(path + "/" + (oid + 1), bytes(new Random(oid), 20_000));
  }

  /** Stores it. */
  RestorePlan store() {
    BackupName name = BackupName.full(AT);
    BackupWriter writer = repository.backups().begin(name, new Timeline(1), Lsn.parse("0/2000028"));
    List<BackupFile> stored = new ArrayList<>();
    try (PackWriter packs = writer.packWriter()) {
      files.forEach((path, content) -> stored.add(store(packs, path, content)));
      packs.flush();
    }
    copies.forEach((copy, path) -> stored.add(copy(stored, path, copy)));
    stored.sort(Comparator.comparing(BackupFile::path));
    BackupInfo info = info(name);
    StringBuilder map = new StringBuilder();
    tablespaces.forEach((oid, location) -> map.append(oid + " " + location + "\n"));
    BackupTotals totals =
        writer.complete(
            new Manifest(
                info,
                BackupTotals.of(name, stored),
                "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n",
                map.toString(),
                List.of(),
                new TreeSet<>(directories.keySet())
                    .stream()
                        .map(
                            path ->
                                new Manifest.Directory(
                                    path, Objects.requireNonNull(directories.get(path))))
                        .toList(),
                stored));
    return new RestorePlan(
        RestoreRequest.LATEST,
        info,
        totals,
        TimelineHistory.root(new Timeline(1)),
        Map.of(),
        info.stopLsn(),
        info.stopLsn(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  private BackupFile store(PackWriter packs, String path, byte[] content) {
    List<Frame> frames = new ArrayList<>();
    for (int at = 0; at < content.length; at += Frame.MAX_RAW_BYTES) {
      int length = Math.min(Frame.MAX_RAW_BYTES, content.length - at);
      frames.add(packs.add(path, at, ByteBuffer.wrap(content, at, length).slice()));
    }
    boolean group = directories.getOrDefault("global", 0700) == 0750;
    return new BackupFile(
        path, content.length, group ? 0640 : 0600, AT, Crc32c.of(content), frames);
  }

  private BackupFile copy(List<BackupFile> stored, String path, String copy) {
    BackupFile file =
        stored.stream().filter(each -> each.path().equals(path)).findFirst().orElseThrow();
    files.put(copy, Objects.requireNonNull(files.get(path)));
    return new BackupFile(copy, file.size(), file.mode(), AT, file.crc32c(), file.frames());
  }

  private BackupInfo info(BackupName name) {
    return new BackupInfo(
        name,
        SYSTEM,
        MAJOR.number(),
        MAJOR.catalogVersion(),
        8192,
        WalSegmentSize.DEFAULT,
        new Timeline(1),
        Lsn.parse("0/2000028"),
        Lsn.parse("0/2000080"),
        Lsn.parse("0/2000158"),
        AT,
        AT.plusSeconds(5),
        false,
        true,
        Optional.empty(),
        owner);
  }
}
