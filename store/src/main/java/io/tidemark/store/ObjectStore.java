package io.tidemark.store;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Bytes by key. Keys are relative, of one or more names of {@code [A-Za-z0-9._-]+} joined by {@code
 * /}; no name is {@code .} or {@code ..}. Objects are written once and whole: there is no way to
 * change one, and a reader sees all of it or none. No key may be the beginning of another ({@code
 * a} and {@code a/b}): a directory cannot hold both. {@link ObjectKey} has the exact rules.
 *
 * <p>Every call has a deadline. Each fails with a {@link StoreException}, whose kind says whether
 * another try can help. Implementations are safe for use by many threads at once.
 */
public interface ObjectStore extends AutoCloseable {

  /**
   * Puts an object unless there is one of that name; when it returns, the object of that name is
   * durable, whoever put it.
   *
   * <p>A {@link RetryingStore} tries again after a doubtful answer (no answer, a lost connection)
   * and then counts the put as done when the object that is there holds exactly {@code content}; of
   * two writers that put the same bytes both may be told that they created it. Content by which a
   * writer is to be known must therefore name the writer.
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
   * Opens {@code length} bytes from {@code offset}, or fewer (or none) where the object ends. A
   * failure while reading the stream surfaces as an IOException whose cause is a {@link
   * StoreException}; a stream never ends early without one. Closing it early is cheap.
   *
   * @throws StoreException of kind NOT_FOUND where there is no such object
   */
  InputStream get(String key, long offset, long length);

  /** Size and time of an object, or empty where there is none. */
  Optional<ObjectInfo> head(String key);

  /**
   * All objects whose key begins with {@code prefix} (which ends in {@code /} or is empty), in the
   * order of their keys' bytes. The stream is lazy and must be closed; it fails with a {@link
   * StoreException} in mid-way. What is not an object of ours (a name that no key can have) is
   * passed over. An object that is put or deleted meanwhile may or may not be seen.
   */
  Stream<ObjectInfo> list(String prefix);

  /**
   * The names directly under {@code prefix}, in the order of their bytes: an object's last name, or
   * a group's name with {@code /} at its end. A group may be seen shortly before its first object
   * is, and after a crash without any.
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
