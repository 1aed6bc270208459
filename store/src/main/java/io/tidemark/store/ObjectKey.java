package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.util.regex.Pattern;

/**
 * What a key may be, the same for every store: names of {@code [A-Za-z0-9._-]+}, each at most 255
 * bytes and neither {@code .} nor {@code ..}, joined by {@code /}; 900 bytes in all, which leaves
 * room for a prefix within the 1024 bytes of S3. Other characters mark what is a store's own.
 */
public final class ObjectKey {
  static final int MAX_BYTES = 900;
  static final int MAX_NAME_BYTES = 255;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");

  private ObjectKey() {}

  /**
   * The key itself.
   *
   * @throws StoreException of kind REFUSED if it is not a key
   */
  public static String check(String key) {
    if (!isKey(key)) {
      throw refused("'" + key + "' is not a key");
    }
    return key;
  }

  /**
   * The prefix itself: empty, or a key with a slash after it.
   *
   * @throws StoreException of kind REFUSED if it is neither
   */
  public static String checkPrefix(String prefix) {
    boolean good =
        prefix.isEmpty()
            || (prefix.endsWith("/") && isKey(prefix.substring(0, prefix.length() - 1)));
    if (!good) {
      throw refused("'" + prefix + "' is not a prefix: it must be empty or a key and '/'");
    }
    return prefix;
  }

  /** Whether it is a key. */
  public static boolean isKey(String key) {
    if (key.isEmpty() || key.length() > MAX_BYTES) {
      return false;
    }
    for (String name : key.split("/", -1)) {
      if (!isName(name)) {
        return false;
      }
    }
    return true;
  }

  /** Whether it may stand between the slashes of a key. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches() && !name.equals(".") && !name.equals("..");
  }

  private static StoreException refused(String found) {
    return new StoreException(
        Kind.REFUSED,
        found + ". Expected names of letters, digits, '.', '_' and '-', joined by '/'",
        "Keys are at most " + MAX_BYTES + " bytes, names at most " + MAX_NAME_BYTES + ".",
        null);
  }
}
