package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.Compression.Algorithm;
import io.tidemark.store.Content;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A cluster's part of a repository, and small backups made of nothing but bytes. */
final class BackupFixture {
  static final Writer WRITER = new Writer("host", 1, "test");
  static final SystemId SYSTEM = SystemId.parse("7300000000000000001");
  static final Instant START = Instant.parse("2026-11-20T15:02:12Z");
  static final BackupName NAME = BackupName.full(START);
  static final ClusterIdentity IDENTITY =
      new ClusterIdentity(SYSTEM, 17, WalSegmentSize.DEFAULT, false, START);

  private BackupFixture() {}

  static Part part(ObjectStore store, Algorithm algorithm, Optional<Path> keyFile) {
    Keys keys = new Keys("c");
    Optional<Keyring> keyring = keyFile.map(file -> Keyring.create(store, keys, file, WRITER));
    RepositoryOptions options =
        new RepositoryOptions(new Compression(algorithm, 3), keyFile, WRITER);
    return Part.of(store, keys, IDENTITY, options, keyring);
  }

  static Path keyFile(Path dir) {
    Path file = dir.resolve("key.json");
    Keyring.generateKeyFile(file);
    return file;
  }

  static BackupWriter begin(Part part, BackupName name) {
    return new BackupCatalogue(part).begin(name, new Timeline(1), Lsn.parse("0/2000028"));
  }

  /** Stores files as a backup does: what is stored already is used again. */
  static List<BackupFile> store(BackupWriter writer, Map<String, byte[]> files) {
    List<BackupFile> stored = new ArrayList<>();
    try (PackWriter packs = writer.packWriter()) {
      files.forEach((path, bytes) -> stored.add(store(writer, packs, path, bytes)));
      packs.flush();
    }
    return stored;
  }

  static BackupFile store(BackupWriter writer, PackWriter packs, String path, byte[] bytes) {
    List<Frame> frames = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += Frame.MAX_RAW_BYTES) {
      int from = at;
      ByteBuffer raw =
          ByteBuffer.wrap(bytes, at, Math.min(Frame.MAX_RAW_BYTES, bytes.length - at)).slice();
      frames.add(writer.stored(path, from, raw).orElseGet(() -> packs.add(path, from, raw)));
    }
    int crc = Checksums.crc32c(ByteBuffer.wrap(bytes));
    return new BackupFile(path, bytes.length, 0600, START, crc, frames);
  }

  static BackupInfo info(BackupName name) {
    return new BackupInfo(
        name,
        SYSTEM,
        17,
        202406281,
        8192,
        WalSegmentSize.DEFAULT,
        new Timeline(1),
        Lsn.parse("0/2000028"),
        Lsn.parse("0/2000080"),
        Lsn.parse("0/2000158"),
        START,
        START.plus(Duration.ofSeconds(5)),
        false,
        true,
        Optional.empty());
  }

  static Manifest manifest(BackupName name, List<BackupFile> files) {
    return new Manifest(
        info(name),
        BackupTotals.of(name, files),
        "START WAL LOCATION: 0/2000028\n",
        "",
        List.of(new Manifest.Tablespace(16385, "/srv/fast disk")),
        List.of(new Manifest.Directory("base", 0700), new Manifest.Directory("base/5", 0700)),
        files);
  }

  /** What a restore would write. */
  static Map<String, byte[]> read(Part part, Manifest manifest) {
    Map<String, byte[]> files = new TreeMap<>();
    PackReader reader = new BackupCatalogue(part).reader();
    for (BackupFile file : manifest.files()) {
      byte[] bytes = new byte[(int) file.size()];
      Map<PackName, List<Frame>> byPack =
          file.frames().stream()
              .filter(frame -> !frame.isZeros())
              .collect(Collectors.groupingBy(Frame::pack));
      byPack.forEach(
          (pack, frames) ->
              reader.read(
                  pack,
                  frames,
                  (frame, raw) ->
                      raw.get(bytes, Math.toIntExact(frame.fileOffset()), frame.rawLength())));
      files.put(file.path(), bytes);
    }
    return files;
  }

  static List<String> keys(ObjectStore store) {
    try (Stream<ObjectInfo> all = store.list("")) {
      return all.map(ObjectInfo::key).toList();
    }
  }

  static byte[] bytes(ObjectStore store, String key) {
    try (InputStream in = store.get(key)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void replace(ObjectStore store, String key, byte[] bytes) {
    store.delete(key);
    store.putIfAbsent(key, Content.of(bytes));
  }

  /** Flips one bit of an object. */
  static void damage(ObjectStore store, String key, int at) {
    byte[] bytes = bytes(store, key);
    bytes[at] ^= 1;
    replace(store, key, bytes);
  }
}
