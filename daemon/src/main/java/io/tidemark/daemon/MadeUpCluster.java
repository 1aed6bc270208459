package io.tidemark.daemon;

import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Crc32c;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.BackupTotals;
import io.tidemark.repository.BackupWriter;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Frame;
import io.tidemark.repository.Manifest;
import io.tidemark.repository.PackWriter;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.WalSummary;
import io.tidemark.store.ObjectStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A backup and its WAL, of no server: enough for the commands that read a repository. It has as
 * many files as a small database.
 */
final class MadeUpCluster {
  private static final SystemId SYSTEM = new SystemId(1);
  private static final PostgresMajor MAJOR = PostgresMajor.of(17);
  private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
  private static final Timeline TIMELINE = new Timeline(1);
  private static final WalSegment SEGMENT = new WalSegment(TIMELINE, 2, SIZE);
  private static final Instant AT = Instant.EPOCH;
  private static final int FILES = 300;

  private MadeUpCluster() {}

  static ClusterRepository create(ObjectStore store, String name, RepositoryOptions options) {
    return ClusterRepository.create(
        store, name, new ClusterIdentity(SYSTEM, MAJOR.number(), SIZE, false, AT), options);
  }

  static void fill(ClusterRepository repository) {
    repository.wal().putSegment(SEGMENT, ByteBuffer.wrap(wal()), WalSummary.EMPTY);
    BackupName name = BackupName.full(AT);
    BackupWriter writer = repository.backups().begin(name, TIMELINE, lsn(0x28));
    List<BackupFile> files = new ArrayList<>();
    try (PackWriter packs = writer.packWriter()) {
      for (int i = 0; i < FILES; i++) {
        files.add(file(packs, "base/5/" + (10_000 + i), content(i)));
      }
      files.add(file(packs, ControlFile.PATH, controlFile()));
      packs.flush();
    }
    writer.complete(
        new Manifest(
            info(name),
            BackupTotals.of(name, files),
            "START WAL LOCATION: %s (file %s)\n".formatted(lsn(0x28), SEGMENT),
            "",
            List.of(),
            List.of(
                new Manifest.Directory("base", 0700),
                new Manifest.Directory("base/5", 0700),
                new Manifest.Directory("global", 0700),
                new Manifest.Directory("pg_wal", 0700)),
            files));
  }

  private static Lsn lsn(int offset) {
    return SEGMENT.start().plus(offset);
  }

  /** So few bytes that no loop over them gets hot: those that do in earnest need the compiler. */
  private static byte[] content(int i) {
    byte[] content = new byte[i % 7 == 0 ? 0 : 512];
    if (i % 11 != 0) {
      Arrays.fill(content, (byte) i);
    }
    return content;
  }

  private static BackupFile file(PackWriter packs, String path, byte[] content) {
    List<Frame> frames =
        content.length == 0 ? List.of() : List.of(packs.add(path, 0, ByteBuffer.wrap(content)));
    return new BackupFile(path, content.length, 0600, AT, Crc32c.of(content), frames);
  }

  private static BackupInfo info(BackupName name) {
    return new BackupInfo(
        name,
        SYSTEM,
        MAJOR.number(),
        MAJOR.catalogVersion(),
        8192,
        SIZE,
        TIMELINE,
        lsn(0x28),
        lsn(0x80),
        lsn(0x158),
        AT,
        AT,
        false,
        false,
        Optional.empty());
  }

  /** ControlFileData of pg_control.h, only what is read of it; its CRC is at 288. */
  private static byte[] controlFile() {
    ByteBuffer file = ByteBuffer.allocate(ControlFile.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(0, SYSTEM.value());
    file.putInt(8, MAJOR.controlVersion()).putInt(12, MAJOR.catalogVersion());
    file.putInt(16, 6).putInt(48, 1).putInt(52, 1).putInt(172, 1);
    file.putInt(216, 8192).putInt(220, 131072).putInt(224, 8192).putInt(228, SIZE.bytes());
    return file.putInt(288, Crc32c.of(Arrays.copyOf(file.array(), 288))).array();
  }

  /** One segment with the long header of its first page, XLogLongPageHeaderData. */
  private static byte[] wal() {
    return ByteBuffer.allocate(SIZE.bytes())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, (short) 0xD116)
        .putShort(2, (short) 2)
        .putInt(4, TIMELINE.id())
        .putLong(8, SEGMENT.start().value())
        .putLong(24, SYSTEM.value())
        .putInt(32, SIZE.bytes())
        .putInt(36, 8192)
        .array();
  }
}
