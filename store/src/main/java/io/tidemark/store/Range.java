package io.tidemark.store;

/** A range of bytes that was asked for; may reach beyond the object. */
record Range(long offset, long length) {
  Range {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("a range of " + length + " bytes from " + offset);
    }
  }

  static Range of(long offset, long length) {
    return new Range(offset, length);
  }

  /** Where it begins in an object of this size. */
  long from(long size) {
    return Math.min(offset, size);
  }

  /** Where it ends in an object of this size, exclusive. */
  long to(long size) {
    return length > size - from(size) ? size : from(size) + length;
  }

  boolean isWhole() {
    return offset == 0 && length == Long.MAX_VALUE;
  }

  /** The value of a Range header; only for ranges that are not empty. */
  String header() {
    boolean open = length > Long.MAX_VALUE - offset;
    return "bytes=" + offset + "-" + (open ? "" : offset + length - 1);
  }
}
