package io.tidemark.repository;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Crc32c;
import io.tidemark.postgres.PageVerdict;
import io.tidemark.postgres.PageVerifier;
import io.tidemark.postgres.RelationFile;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Gatherers;

/** Reads a completed backup whole: manifest, then every frame of every pack. */
final class BackupVerifier {
  private static final int MAX_FINDINGS_PER_PACK = 10;
  private static final String LOST =
      "take a new full backup now; restore from another backup, or put the object back from a copy";

  private final Part part;
  private final BackupCatalogue catalogue;
  private final PackReader reader;
  private final VerificationOptions options;
  private final VerificationLog log;

  BackupVerifier(
      Part part, BackupCatalogue catalogue, VerificationOptions options, VerificationLog log) {
    this.part = part;
    this.catalogue = catalogue;
    this.reader = catalogue.reader();
    this.options = options;
    this.log = log;
  }

  /** A frame, and of which file it is a piece. */
  private record Piece(BackupFile file, Frame frame) {}

  /** Says whether the manifest could be read. */
  boolean verify(BackupEntry.Completed backup) {
    String key = part.keys().manifest(backup.name());
    boolean read = log.attempt(key, () -> verify(catalogue.manifest(backup.name())));
    log.done(key);
    return read;
  }

  private void verify(Manifest manifest) {
    log.backups.incrementAndGet();
    Map<PackName, List<Piece>> byPack = new HashMap<>();
    for (BackupFile file : manifest.files()) {
      verifyWhole(manifest, file);
      for (Frame frame : file.frames()) {
        if (!frame.isZeros()) {
          byPack
              .computeIfAbsent(frame.pack(), pack -> new ArrayList<>())
              .add(new Piece(file, frame));
        }
      }
    }
    Map<String, PackName> inOrder = new TreeMap<>();
    byPack.keySet().forEach(pack -> inOrder.put(part.keys().pack(pack), pack));
    inOrder.values().stream()
        .gather(
            Gatherers.mapConcurrent(
                options.threads(),
                pack -> verify(manifest.info(), pack, byPack.getOrDefault(pack, List.of()))))
        .forEach(log::done);
  }

  /** The frames' checksums, which their content is held to, must add up to the whole file's. */
  private void verifyWhole(Manifest manifest, BackupFile file) {
    int crc = 0;
    for (Frame frame : file.frames()) {
      crc = Crc32c.combine(crc, frame.crc32c(), frame.rawLength());
    }
    if (crc != file.crc32c()) {
      log.error(
          part.keys().manifest(manifest.info().name()),
          "the pieces of %s add up to checksum %08X; expected %08X"
              .formatted(file.path(), crc, file.crc32c()),
          "restore from another backup; take a new one");
    }
  }

  /** Gives back the pack's key. */
  private String verify(BackupInfo backup, PackName pack, List<Piece> pieces) {
    String key = part.keys().pack(pack);
    Map<Frame, BackupFile> files = new HashMap<>();
    pieces.forEach(piece -> files.put(piece.frame(), piece.file()));
    PackReader.Sink pages = pageSink(backup, files);
    if (!log.isThere(key)) {
      log.error(
          key,
          "this pack is missing; backup "
              + backup.name()
              + " needs "
              + pieces.size()
              + " frames of it, the first for "
              + pieces.getFirst().file().path(),
          LOST);
      return key;
    }
    try {
      reader.read(pack, List.copyOf(files.keySet()), pages);
      log.frames.addAndGet(files.size());
      verifyDirectory(key, pack);
    } catch (TidemarkException e) {
      if (!VerificationLog.isDamage(e) && !isMissing(e)) {
        throw e;
      }
      oneByOne(key, pack, files, pages);
    }
    return key;
  }

  private void verifyDirectory(String key, PackName pack) {
    ObjectInfo object = log.objects().get(key);
    try {
      if (object != null) {
        new PackScan(part).entries(pack, object);
      }
    } catch (TidemarkException e) {
      if (!VerificationLog.isDamage(e)) {
        throw e;
      }
      log.warning(
          key, e.getMessage(), "nothing: all its frames are right, and are all that counts");
    }
  }

  private static boolean isMissing(TidemarkException e) {
    return e instanceof StoreException store && store.kind() == StoreException.Kind.NOT_FOUND;
  }

  /** Which frames of a damaged pack are lost, and which files with them. */
  private void oneByOne(
      String key, PackName pack, Map<Frame, BackupFile> files, PackReader.Sink pages) {
    int found = 0;
    for (Map.Entry<Frame, BackupFile> each : files.entrySet()) {
      try {
        reader.read(pack, List.of(each.getKey()), pages);
        log.frames.incrementAndGet();
      } catch (TidemarkException e) {
        if (!VerificationLog.isDamage(e) && !isMissing(e)) {
          throw e;
        }
        log.error(key, e.getMessage() + "; it belongs to " + each.getValue().path(), LOST);
        if (++found == MAX_FINDINGS_PER_PACK) {
          log.error(key, "there is more damage in this pack", LOST);
          return;
        }
      }
    }
  }

  private PackReader.Sink pageSink(BackupInfo backup, Map<Frame, BackupFile> files) {
    if (!options.pageChecksums() || !backup.dataChecksums()) {
      return (frame, raw) -> {};
    }
    PageVerifier verifier = new PageVerifier(backup.startLsn(), backup.blockSize());
    byte[] bytes = new byte[Frame.MAX_RAW_BYTES];
    return (frame, raw) -> {
      BackupFile file = files.get(frame);
      if (file != null) {
        RelationFile.parse(file.path())
            .filter(RelationFile::hasChecksums)
            .ifPresent(relation -> verifyPages(verifier, relation, file, frame, raw, bytes));
      }
    };
  }

  private void verifyPages(
      PageVerifier verifier,
      RelationFile relation,
      BackupFile file,
      Frame frame,
      ByteBuffer raw,
      byte[] bytes) {
    int pageBytes = verifier.pageBytes();
    int length = raw.remaining();
    raw.get(bytes, 0, length);
    long first = relation.firstBlock() + frame.fileOffset() / pageBytes;
    for (int at = 0; at + pageBytes <= length; at += pageBytes) {
      long block = first + at / pageBytes;
      log.pages.incrementAndGet();
      if (verifier.verify(bytes, at, block)
          instanceof PageVerdict.Bad(var lsn, int found, int expected)) {
        log.warning(
            part.keys().pack(frame.pack()),
            "page "
                + block
                + " of "
                + file.path()
                + " (LSN "
                + lsn
                + ") has checksum "
                + found
                + " instead of "
                + expected
                + ": it was damaged when it was backed up",
            "look at the server's disk, and into PostgreSQL's documentation for"
                + " zero_damaged_pages and pg_checksums");
      }
    }
  }

  /** Packs of a backup that no manifest refers to; to be asked when all manifests were read. */
  void orphans(BackupName name) {
    String prefix = part.keys().packs(name);
    for (ObjectInfo pack : log.objects().tailMap(prefix, true).values()) {
      if (!pack.key().startsWith(prefix)) {
        return;
      }
      if (BackupCatalogue.number(pack).isPresent() && !log.isDone(pack.key())) {
        log.info(pack.key(), "no manifest refers to it: the rest of an interrupted run");
        log.done(pack.key());
      }
    }
  }
}
