package io.tidemark.repository;

/**
 * What an encrypted frame is bound to, so that it can be neither moved, swapped nor cut off.
 *
 * @param key encrypts it
 * @param place the associated data: object, offset, and a mark at the end of an object
 */
record FrameSeal(DataKey key, String place) {

  /**
   * @param object the key of the object, from the cluster's name on
   * @param offset of the frame's first byte in the object
   */
  static FrameSeal at(DataKey key, String object, long offset) {
    return new FrameSeal(key, object + "@" + offset);
  }

  /** As {@link #at}, for the last frame of an object that is not a pack. */
  static FrameSeal last(DataKey key, String object, long offset) {
    return new FrameSeal(key, object + "@" + offset + "!");
  }
}
