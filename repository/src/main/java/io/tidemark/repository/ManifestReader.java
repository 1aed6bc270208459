package io.tidemark.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.SystemId;
import io.tidemark.repository.Manifest.Directory;
import io.tidemark.repository.Manifest.Tablespace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a manifest line by line as its pieces come, and checks it. Takes about 64 bytes of memory
 * for each frame: 64 MB for a TB.
 */
final class ManifestReader implements SealedObjects.Sink {
  /** A line is one file, at 80 bytes for each MiB of it: so files up to 1.6 TB. */
  private static final int MAX_LINE_BYTES = 128 << 20;

  private final Damage damage;
  private final BackupName name;
  private final SystemId systemId;
  private final ManifestRules rules = new ManifestRules();
  private final List<Tablespace> tablespaces = new ArrayList<>();
  private final List<Directory> directories = new ArrayList<>();
  private final List<BackupFile> files = new ArrayList<>();
  private final Map<PackName, PackName> packs = new HashMap<>();
  private byte[] line = new byte[64 << 10];
  private int length;
  private long lines;
  private @Nullable BackupInfo info;
  private @Nullable BackupTotals totals;
  private String backupLabel = "";
  private String tablespaceMap = "";

  ManifestReader(Damage damage, BackupName name, SystemId systemId) {
    this.damage = damage;
    this.name = name;
    this.systemId = systemId;
  }

  @Override
  public void accept(ByteBuffer piece) {
    while (piece.hasRemaining()) {
      byte next = piece.get();
      if (next == '\n') {
        endLine();
      } else {
        append(next);
      }
    }
  }

  private void append(byte next) {
    if (length == line.length) {
      if (length >= MAX_LINE_BYTES) {
        throw damage.found("its line " + (lines + 1) + " is longer than " + length + " bytes");
      }
      line = Arrays.copyOf(line, 2 * length);
    }
    line[length++] = next;
  }

  private void endLine() {
    lines++;
    try {
      read(Json.parse(line, 0, length));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw damage.found("its line " + lines + " is wrong: " + e.getMessage(), e);
    }
    length = 0;
  }

  private void read(ObjectNode json) {
    if (totals != null) {
      throw new IllegalArgumentException("it comes after the end");
    }
    BackupInfo backup = info;
    if (backup == null) {
      readBackup(ManifestJson.child(json, "backup"));
    } else if (json.has("file")) {
      add(ManifestJson.file(backup.name(), json.path("file")));
    } else if (json.has("directory")) {
      add(ManifestJson.directory(json.path("directory")));
    } else if (json.has("tablespace")) {
      add(ManifestJson.tablespace(json.path("tablespace")));
    } else if (json.has("end")) {
      totals = ManifestJson.totals(json.path("end"));
    }
  }

  private void readBackup(JsonNode json) {
    if (!(json instanceof ObjectNode object)) {
      throw new IllegalArgumentException("'backup' is not an object");
    }
    SealedHeader.requireFormat(damage, object);
    BackupInfo found = ManifestJson.info(json);
    if (!found.systemId().equals(systemId)) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          damage.object()
              + " is a backup of system identifier "
              + found.systemId()
              + "; this part of the repository is of "
              + systemId,
          "somebody put another cluster's objects here: take them out");
    }
    if (!found.name().equals(name)) {
      throw new IllegalArgumentException("it is the manifest of " + found.name());
    }
    info = found;
    backupLabel = Json.string(json, "backupLabel");
    tablespaceMap = Json.optionalString(json, "tablespaceMap").orElse("");
  }

  private void add(Tablespace tablespace) {
    rules.check(tablespace);
    tablespaces.add(tablespace);
  }

  private void add(Directory directory) {
    rules.check(directory);
    directories.add(directory);
  }

  private void add(BackupFile file) {
    rules.check(file);
    files.add(
        new BackupFile(
            file.path(),
            file.size(),
            file.mode(),
            file.modified(),
            file.crc32c(),
            file.frames().stream().map(this::sharingPack).toList()));
  }

  /** One object for each pack and not for each frame saves a third of the memory. */
  private Frame sharingPack(Frame frame) {
    PackName pack = packs.computeIfAbsent(frame.pack(), same -> same);
    return new Frame(
        frame.fileOffset(),
        frame.rawLength(),
        pack,
        frame.packOffset(),
        frame.storedLength(),
        frame.crc32c(),
        frame.xxh64());
  }

  /**
   * The manifest, when all pieces were accepted.
   *
   * @param about what the object's header says of it
   */
  Manifest manifest(ObjectNode about) {
    BackupInfo found = info;
    BackupTotals end = totals;
    if (found == null || end == null || length > 0) {
      throw damage.found("it is cut short after its line " + lines);
    }
    if (!end.equals(BackupTotals.of(name, files))) {
      throw damage.found(
          "its last line says " + end + "; its files come to " + BackupTotals.of(name, files));
    }
    requireSame(about, found, end);
    return new Manifest(found, end, backupLabel, tablespaceMap, tablespaces, directories, files);
  }

  /** The header is not authenticated: what it says counts only where the content says the same. */
  private void requireSame(ObjectNode about, BackupInfo info, BackupTotals totals) {
    try {
      if (ManifestJson.entry(about).equals(new BackupEntry.Completed(info, totals))) {
        return;
      }
    } catch (IllegalArgumentException e) {
      throw damage.found("its header does not describe a backup: " + e.getMessage(), e);
    }
    throw damage.found("its header describes another backup than its content");
  }
}
