package io.tidemark.postgres;

import static io.tidemark.postgres.LittleEndian.getInt;
import static io.tidemark.postgres.LittleEndian.unsignedInt;
import static io.tidemark.postgres.LittleEndian.unsignedShort;

import java.util.Optional;

/**
 * The header of a WAL page ({@code XLogPageHeaderData} in xlog_internal.h).
 *
 * @param timelineId on which the page was begun; 0 in a page that was never written
 * @param address of the page's first byte
 * @param remaining bytes still to come of the record that an earlier page began
 * @param identity of the cluster, in the first page of each segment
 */
public record WalPageHeader(
    int magic,
    int flags,
    int timelineId,
    Lsn address,
    long remaining,
    Optional<Identity> identity) {
  /** Bytes of a WAL page ({@code XLOG_BLCKSZ}), the same in every distributed build. */
  public static final int PAGE_BYTES = 8192;

  /** Bytes of the header of all pages but a segment's first. */
  public static final int SHORT_BYTES = 24;

  /** Bytes of the header of a segment's first page. */
  public static final int LONG_BYTES = 40;

  private static final int CONTINUES_RECORD = 0x0001;
  private static final int LONG = 0x0002;

  /** What the first page of a segment says of the cluster. */
  public record Identity(SystemId systemId, long segmentBytes, long pageBytes) {}

  /**
   * Reads the header that begins at {@code offset}: 40 bytes if its flags say that it is long, else
   * 24. Any bytes can be read; {@link WalSource#verify} tells whether they make sense.
   */
  public static WalPageHeader decode(byte[] bytes, int offset) {
    int flags = unsignedShort(bytes, offset + 2);
    return new WalPageHeader(
        unsignedShort(bytes, offset),
        flags,
        getInt(bytes, offset + 4),
        LittleEndian.lsn(bytes, offset + 8),
        unsignedInt(bytes, offset + 16),
        (flags & LONG) != 0 && bytes.length - offset >= LONG_BYTES
            ? Optional.of(identity(bytes, offset + SHORT_BYTES))
            : Optional.empty());
  }

  private static Identity identity(byte[] bytes, int offset) {
    return new Identity(
        new SystemId(LittleEndian.getLong(bytes, offset)),
        unsignedInt(bytes, offset + 8),
        unsignedInt(bytes, offset + 12));
  }

  /** Whether it begins with the rest of a record of the page before. */
  public boolean continuesRecord() {
    return (flags & CONTINUES_RECORD) != 0;
  }

  /**
   * Whether the record that the page before began was lost in a crash, and this page begins with a
   * record that says so.
   */
  boolean overwritesRecord(PostgresMajor major) {
    return (flags & major.overwriteFlag()) != 0;
  }

  /** Bytes of this header. */
  public int bytes() {
    return (flags & LONG) != 0 ? LONG_BYTES : SHORT_BYTES;
  }
}
