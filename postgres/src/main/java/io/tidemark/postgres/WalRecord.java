package io.tidemark.postgres;

import static io.tidemark.postgres.LittleEndian.getInt;
import static io.tidemark.postgres.LittleEndian.getLong;
import static io.tidemark.postgres.LittleEndian.unsignedInt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The record that is being read, used again for each: its header as it arrives, the checksum of its
 * body, and as much of the body as somebody wants (xlogrecord.h).
 */
final class WalRecord {
  /** {@code SizeOfXLogRecord}. */
  static final int HEADER_BYTES = 24;

  /** {@code XLogRecordMaxSize} is 1020 MiB from 16 on; 15 stays under 1 GiB. */
  static final long MAX_BYTES = 1 << 30;

  /** Limits what a prepared transaction's end can occupy. */
  private static final int MAX_KEPT = 1 << 20;

  /** A record always begins with these on one page. */
  private static final int LENGTH_BYTES = 8;

  private static final byte[] NOTHING = new byte[HEADER_BYTES];

  private final byte[] header = new byte[HEADER_BYTES];
  private final CRC32C crc = new CRC32C();
  private byte[] kept = new byte[256];
  private int headerFill;
  private int keptFill;
  private int keepLimit;
  private long bodyLeft;

  /** Ready for the next record's header. */
  void reset() {
    headerFill = 0;
    bodyLeft = 0;
  }

  /** Whether some of the record was read and not all. */
  boolean isPartial() {
    return headerFill > 0;
  }

  /** Bytes still to come, of header and body. */
  long left() {
    return headerFill < HEADER_BYTES ? totalBytes() - headerFill : bodyLeft;
  }

  boolean hasHeader() {
    return headerFill == HEADER_BYTES;
  }

  void takeHeader(ByteBuffer in, int available) {
    int n = Math.min(HEADER_BYTES - headerFill, available);
    in.get(header, headerFill, n);
    headerFill += n;
  }

  boolean hasLength() {
    return headerFill >= LENGTH_BYTES;
  }

  /** Whether it is not a record, but zeros, as far as it was read. */
  boolean isEmpty() {
    return Arrays.equals(header, 0, headerFill, NOTHING, 0, headerFill);
  }

  /** Prepares for the body, once the header is complete. */
  void beginBody() {
    bodyLeft = totalBytes() - HEADER_BYTES;
    keptFill = 0;
    keepLimit = Math.min(WalEventDecoder.bytesNeeded(resourceManager(), info()), MAX_KEPT);
    crc.reset();
  }

  void takeBody(ByteBuffer in, int available) {
    int n = (int) Math.min(bodyLeft, available);
    keep(in, Math.min(n, keepLimit - keptFill));
    if (in.hasArray()) {
      crc.update(in.array(), in.arrayOffset() + in.position(), n);
      in.position(in.position() + n);
    } else {
      int limit = in.limit();
      crc.update(in.limit(in.position() + n));
      in.limit(limit);
    }
    bodyLeft -= n;
  }

  /** Whether the whole record was read. */
  boolean isComplete() {
    return hasHeader() && bodyLeft == 0;
  }

  /** The checksum of what was read: of the body, then of the header before its own field. */
  int computeCrc() {
    crc.update(header, 0, 20);
    return (int) crc.getValue();
  }

  long totalBytes() {
    return unsignedInt(header, 0);
  }

  long xid() {
    return unsignedInt(header, 4);
  }

  long previous() {
    return getLong(header, 8);
  }

  int info() {
    return header[16] & 0xFF;
  }

  int resourceManager() {
    return header[17] & 0xFF;
  }

  int crc() {
    return getInt(header, 20);
  }

  /** The body's first {@link #keptBytes}; valid until the next record. */
  byte[] kept() {
    return kept;
  }

  int keptBytes() {
    return keptFill;
  }

  private void keep(ByteBuffer in, int n) {
    if (n <= 0) {
      return;
    }
    if (keptFill + n > kept.length) {
      kept = Arrays.copyOf(kept, Math.min(MAX_KEPT, 2 * (keptFill + n)));
    }
    in.get(in.position(), kept, keptFill, n);
    keptFill += n;
  }
}
