package io.tidemark.analytics;

import java.nio.charset.StandardCharsets;

/**
 * Puts the labels of a source before the columns of its rows, as COPY writes them. That the source
 * would select them with every row costs it more than reading the row.
 */
final class CopyLabels {
  /** PGCOPY, a line end in four forms, and the flags ("Binary Format" of COPY). */
  private static final int SIGNATURE_BYTES = 11 + Integer.BYTES;

  private static final int TRAILER = 0xFFFF;

  private final int count;
  private final byte[] text;
  private final byte[] binary;

  CopyLabels(MappedTable table) {
    CopyBuffer asText = new CopyBuffer(256);
    CopyBuffer asBinary = new CopyBuffer(256);
    for (String label : table.labels().values()) {
      byte[] value = label.getBytes(StandardCharsets.UTF_8);
      asText.value(value);
      asText.raw('\t');
      asBinary.number(value.length);
      asBinary.raw(value);
    }
    this.count = table.labels().size();
    this.text = asText.take();
    this.binary = asBinary.take();
  }

  /** Adds what a line of the text format begins with. */
  void beginLine(CopyBuffer to) {
    to.raw(text);
  }

  /** Adds a line of the text format. */
  void addLine(byte[] line, int length, CopyBuffer to) {
    to.raw(text);
    to.raw(line, 0, length);
  }

  /**
   * Adds a message of the binary format.
   *
   * @param first whether it begins with the header
   */
  void addBinary(byte[] message, int length, boolean first, CopyBuffer to) {
    int row = first ? headerBytes(message) : 0;
    int columns = ((message[row] & 0xFF) << 8) | (message[row + 1] & 0xFF);
    if (count == 0 || columns == TRAILER) {
      to.raw(message, 0, length);
      return;
    }
    to.raw(message, 0, row);
    to.raw((columns + count) >> 8);
    to.raw(columns + count);
    to.raw(binary);
    to.raw(message, row + Short.BYTES, length - row - Short.BYTES);
  }

  private static int headerBytes(byte[] message) {
    int extension = 0;
    for (int i = SIGNATURE_BYTES; i < SIGNATURE_BYTES + Integer.BYTES; i++) {
      extension = (extension << 8) | (message[i] & 0xFF);
    }
    return SIGNATURE_BYTES + Integer.BYTES + extension;
  }
}
