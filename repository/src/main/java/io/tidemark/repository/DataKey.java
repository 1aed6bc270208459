package io.tidemark.repository;

import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** A key that encrypts content: AES-256. Only its id is ever printed. */
final class DataKey {
  /** Bytes of a key. */
  static final int BYTES = 32;

  private static final Pattern ID = Pattern.compile("[0-9A-F]{16}");
  private final String id;
  private final SecretKey secret;

  /**
   * @param id as in keys and headers of objects, 16 hex digits
   * @param secret {@link #BYTES} random bytes
   */
  DataKey(String id, byte[] secret) {
    if (!isId(id) || secret.length != BYTES) {
      throw new IllegalArgumentException(
          "data key '" + id + "' of " + secret.length + " bytes; expected 16 hex digits and 32");
    }
    this.id = id;
    this.secret = new SecretKeySpec(secret, "AES");
  }

  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  String id() {
    return id;
  }

  SecretKey secret() {
    return secret;
  }

  byte[] bytes() {
    return secret.getEncoded();
  }

  @Override
  public String toString() {
    return "data key " + id;
  }
}
