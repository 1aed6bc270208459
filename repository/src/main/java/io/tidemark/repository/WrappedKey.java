package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One object under {@code keys/}: a data key as wrapped by the operator's.
 *
 * @param keyId of the data key
 * @param n which wrapping of it, 1 or more
 */
record WrappedKey(String keyId, int n) {
  /** By key, and of one key the newest wrapping first. */
  static final Comparator<WrappedKey> NEWEST_FIRST =
      Comparator.comparing(WrappedKey::keyId)
          .thenComparing(Comparator.comparingInt(WrappedKey::n).reversed());

  private static final Pattern NAME = Pattern.compile("([0-9A-F]{16})-([1-9][0-9]{0,8})\\.json");

  /** Reads the last name of its key; empty where it is none. */
  static Optional<WrappedKey> parse(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? Optional.of(new WrappedKey(matcher.group(1), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /**
   * Its content.
   *
   * @param wrapped in base64
   * @param kek id of the operator's key that wrapped it
   */
  record Content(String keyId, String wrapped, String kek) {
    static Content of(String keyId, byte[] wrapped, String kek) {
      return new Content(keyId, Base64.getEncoder().encodeToString(wrapped), kek);
    }

    byte[] wrappedBytes() {
      return Base64.getDecoder().decode(wrapped);
    }

    byte[] toBytes(Instant at, Writer writer) {
      ObjectNode json = Json.object();
      json.put("format", 1);
      json.put("key", keyId);
      json.put("wrapped", wrapped);
      json.put("kek", kek);
      json.put("at", Json.time(at));
      json.put("writer", writer.toString());
      return Json.bytes(json);
    }

    /** Throws IllegalArgumentException where it is not one. */
    static Content parse(byte[] bytes) {
      ObjectNode json = Json.parse(bytes);
      return new Content(
          Json.string(json, "key"), Json.string(json, "wrapped"), Json.string(json, "kek"));
    }
  }
}
