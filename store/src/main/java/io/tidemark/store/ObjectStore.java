package io.tidemark.store;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Bytes by key. Keys are relative, of one or more names of {@code [A-Za-z0-9._-]+} joined by {@code
 * /}; no name is {@code .} or {@code ..}. Objects are written once and whole: there is no way to
 * change one, and a reader sees all of it or none.
 *
 * <p>Every call has a deadline. Each fails with a {@link StoreException}, whose kind says whether
 * another try can help. Implementations are safe for use by many threads at once.
 */
public interface ObjectStore extends AutoCloseable {

  /**
   * Puts an object unless there is one of that name; when it returns, the object is durable.
   *
   * <p>A put that is tried again after a doubtful answer counts as done when the object that is
   * there holds exactly {@code content}.
   *
   * @return whether this call (or an earlier try of it) created the object; false if an object of
   *     that name was there before, whatever it holds
   */
  boolean putIfAbsent(String key, Content content);

  /** Opens an object for reading from its start; the caller closes the stream. */
  default InputStream get(String key) {
    return get(key, 0, Long.MAX_VALUE);
  }

  /**
   * Opens {@code length} bytes from {@code offset}, or fewer where the object ends. A failure while
   * reading the stream surfaces as an IOException whose cause is a {@link StoreException}.
   *
   * @throws StoreException of kind NOT_FOUND where there is no such object
   */
  InputStream get(String key, long offset, long length);

  /** Size and time of an object, or empty where there is none. */
  Optional<ObjectInfo> head(String key);

  /**
   * All objects whose key begins with {@code prefix} (which ends in {@code /} or is empty), in the
   * order of their keys' bytes. The stream is lazy and must be closed.
   */
  Stream<ObjectInfo> list(String prefix);

  /**
   * The names directly under {@code prefix}, in order: an object's last name, or a group's name
   * with {@code /} at its end.
   */
  List<String> children(String prefix);

  /** Deletes an object; without effect where there is none. */
  void delete(String key);

  /** Deletes many; without effect for those that are not there. */
  default void deleteAll(List<String> keys) {
    keys.forEach(this::delete);
  }

  /** What this is and where, for messages: {@code s3://bucket/prefix}. Holds no secret. */
  String describe();

  /** Tries out, with objects of its own that it removes, what the server can do. */
  StoreAbilities probe();

  @Override
  void close();
}
