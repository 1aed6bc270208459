package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.Content;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Writes one backup. Safe for use by many threads; each uses a {@link PackWriter} of its own. */
public final class BackupWriter {
  private final Part part;
  private final BackupName name;
  private final StoredFrames stored;
  private final AtomicInteger lastPack;
  private final Set<Integer> packsThere = ConcurrentHashMap.newKeySet();

  /**
   * @param stored what an interrupted run has left
   * @param lastPack highest number of a pack that is there
   */
  BackupWriter(Part part, BackupName name, StoredFrames stored, int lastPack) {
    this.part = part;
    this.name = name;
    this.stored = stored;
    this.lastPack = new AtomicInteger(lastPack);
    packsThere.addAll(stored.packs());
  }

  public BackupName name() {
    return name;
  }

  /** A writer for one thread; it puts a pack whenever about 32 MiB are together. */
  public PackWriter packWriter() {
    return new PackWriter(this, part.options().compression());
  }

  /**
   * The stored frame of an interrupted run that holds exactly these bytes of this file, if any:
   * same path, offset, length, CRC-32C and xxHash64.
   */
  public Optional<Frame> stored(String path, long fileOffset, ByteBuffer raw) {
    return stored.find(path, fileOffset, raw);
  }

  /** What a frame of zeros names as its pack. */
  PackName noPack() {
    return new PackName(name, 0);
  }

  /** Gives an empty buffer its name and its header. */
  void beginPack(PackBuffer pack) {
    PackName packName = new PackName(name, lastPack.incrementAndGet());
    Optional<DataKey> key = part.keyring().map(Keyring::current);
    byte[] header =
        part.sealed()
            .newHeader(Kind.PACK, OptionalLong.empty(), OptionalInt.empty(), key, Json.object())
            .encode();
    pack.begin(packName, part.keys().pack(packName), key, header);
  }

  /** Puts a full pack. */
  void put(PackBuffer pack) {
    if (!part.store().putIfAbsent(pack.object(), Content.of(pack.finish()))) {
      throw conflict(pack.object());
    }
    packsThere.add(pack.name().number());
  }

  /**
   * Puts the manifest, which makes the backup exist. Every frame's pack must have been put.
   *
   * @return the manifest's totals as stored
   * @throws TidemarkException WRONG_CLUSTER, BACKUP_FAILED where no valid manifest can be made of
   *     it, CONTENT_CONFLICT
   */
  public BackupTotals complete(Manifest manifest) {
    BackupTotals totals = BackupTotals.of(name, manifest.files());
    requireOwn(manifest);
    try {
      new ManifestRules().check(manifest);
      requirePacksThere(manifest);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.BACKUP_FAILED,
          "no manifest of " + name + " was written: " + e.getMessage(),
          "this is a defect: report it; the earlier backups are as they were",
          e);
    }
    String key = part.keys().manifest(name);
    Content content = new ManifestWriter(part).seal(key, manifest, totals);
    if (!part.store().putIfAbsent(key, content)) {
      throw conflict(key);
    }
    return totals;
  }

  private void requireOwn(Manifest manifest) {
    if (!manifest.info().systemId().equals(part.identity().systemId())) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          "the backup is of system identifier "
              + manifest.info().systemId()
              + "; this part of the repository is of "
              + part.identity().systemId(),
          "give the other cluster a name of its own");
    }
    if (!manifest.info().name().equals(name)) {
      throw new IllegalArgumentException(
          "a manifest of " + manifest.info().name() + " cannot complete " + name);
    }
  }

  /** What makes the rest valid comes last: never before the rest is durable. */
  private void requirePacksThere(Manifest manifest) {
    for (BackupFile file : manifest.files()) {
      for (Frame frame : file.frames()) {
        boolean own = frame.pack().backup().equals(name);
        if (own && !frame.isZeros() && !packsThere.contains(frame.pack().number())) {
          throw new IllegalArgumentException(
              "'" + file.path() + "' needs pack " + frame.pack().number() + ", which was not put");
        }
      }
    }
  }

  private TidemarkException conflict(String key) {
    return new TidemarkException(
        ErrorCode.CONTENT_CONFLICT,
        key + " is already in " + part.store().describe() + "; expected none of that name",
        "two backups of one name run at the same time: find the other and stop one of them");
  }
}
