package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key of pseudonyms. Whoever has it can try which value a pseudonym stands for; another key
 * makes other pseudonyms, which join nothing that was made before. Never printed. For use by many
 * threads.
 */
public final class PseudonymKey {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int LEAST_BYTES = 32;
  private static final int FINGERPRINT_DIGITS = 8;

  /** PostgreSQL stores no zero byte in a text, so no column has this value. */
  private static final String FINGERPRINT_OF = "\0tidemark pseudonym key";

  /** A power of two. */
  private static final int IDLE_MACS = 64;

  private final SecretKeySpec key;
  private final AtomicReferenceArray<@Nullable Mac> idle = new AtomicReferenceArray<>(IDLE_MACS);

  PseudonymKey(byte[] material) {
    this.key = new SecretKeySpec(material, ALGORITHM);
  }

  /**
   * Reads at least 32 bytes of key: an even number of hexadecimal digits, or base64, or else one
   * line of text as its UTF-8 bytes.
   *
   * @throws TidemarkException SECRET_UNUSABLE where the file is as {@link SecretFile#text()} does
   *     not take it, or holds less
   */
  public static PseudonymKey read(SecretFile file) {
    byte[] material = material(file.text().strip());
    if (material.length < LEAST_BYTES) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          ("secrets file %s holds a key of %d bytes;"
                  + " expected at least %d, in hex, base64 or one line of text")
              .formatted(file, material.length, LEAST_BYTES),
          "a first key is made by: openssl rand -base64 32 > "
              + file
              + "; another key makes other pseudonyms of the same values");
    }
    return new PseudonymKey(material);
  }

  private static byte[] material(String text) {
    if (text.length() % 2 == 0 && text.matches("[0-9a-fA-F]*")) {
      return HexFormat.of().parseHex(text);
    }
    // openssl breaks base64 into lines.
    String joined = text.replaceAll("\\s+", "");
    if (joined.matches("[0-9A-Za-z+/]*={0,2}") && joined.length() % 4 == 0) {
      byte[] decoded = Base64.getDecoder().decode(joined);
      if (decoded.length >= LEAST_BYTES) {
        return decoded;
      }
    }
    boolean oneLine = text.lines().count() == 1;
    return oneLine ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
  }

  /** HMAC-SHA-256 of the bytes: 32 bytes. */
  byte[] hmac(byte[] value) {
    // Neighbouring threads mostly meet different places, and never more than so many are kept.
    int place = (int) Thread.currentThread().threadId() & (IDLE_MACS - 1);
    Mac kept = idle.getAndSet(place, null);
    Mac mac = kept == null ? newMac() : kept;
    byte[] code = mac.doFinal(value);
    idle.set(place, mac);
    return code;
  }

  /**
   * Eight hexadecimal digits that tell this key from another and tell nothing of it, to be kept so
   * that a key that was changed is noticed.
   */
  public String fingerprint() {
    byte[] code = hmac(FINGERPRINT_OF.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(code).substring(0, FINGERPRINT_DIGITS);
  }

  private Mac newMac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      // Every Java has it, and takes keys of any length.
      throw new IllegalStateException("no " + ALGORITHM, e);
    }
  }

  /** The fingerprint, never the key. */
  @Override
  public String toString() {
    return "PseudonymKey " + fingerprint();
  }
}
