package io.tidemark.analytics;

import java.nio.charset.StandardCharsets;

/**
 * Puts the labels of a source before the columns of its rows, as COPY writes them. That the source
 * would select them with every row costs it more than reading the row.
 */
final class CopyLabels {
  /** "Binary Format" of COPY in PostgreSQL's documentation; flags follow. */
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0
  };

  private static final int FLAGS_END = SIGNATURE.length + Integer.BYTES;
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
      asBinary.field(value);
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

  /** Adds what the binary format begins with: no flags, no extension. */
  static void begin(CopyBuffer to) {
    to.raw(SIGNATURE);
    to.number(0);
    to.number(0);
  }

  /**
   * Adds what a tuple of the binary format begins with.
   *
   * @param columns those that follow
   */
  void beginTuple(int columns, CopyBuffer to) {
    to.raw((columns + count) >> 8);
    to.raw(columns + count);
    to.raw(binary);
  }

  /** Adds what the binary format ends with. */
  static void end(CopyBuffer to) {
    to.raw(TRAILER >> 8);
    to.raw(TRAILER);
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
    beginTuple(columns, to);
    to.raw(message, row + Short.BYTES, length - row - Short.BYTES);
  }

  private static int headerBytes(byte[] message) {
    int extension = 0;
    for (int i = FLAGS_END; i < FLAGS_END + Integer.BYTES; i++) {
      extension = (extension << 8) | (message[i] & 0xFF);
    }
    return FLAGS_END + Integer.BYTES + extension;
  }
}
