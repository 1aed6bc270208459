package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-256-GCM around one frame: a skippable frame that holds nonce, ciphertext and tag. For one
 * thread.
 */
final class FrameCipher {
  static final int MAGIC = 0x184D2A5E;

  /** Bytes that encryption adds: magic, length, nonce, tag. */
  static final int OVERHEAD = 4 + 4 + 12 + 16;

  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  /** The JVM's fast path is compiled only after many calls: a few large ones stay slow for long. */
  private static final int PIECE_BYTES = 32 << 10;

  private final SecureRandom random = new SecureRandom();
  private final Cipher cipher;
  private final byte[] nonce = new byte[NONCE_BYTES];

  FrameCipher() {
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no AES-GCM", e);
    }
  }

  /** Appends what remains in {@code plain}, encrypted, to {@code into}. */
  void encrypt(ByteBuffer plain, ByteBuffer into, FrameSeal seal) {
    // 96 random bits allow 2^32 frames, some PiB, under one data key.
    random.nextBytes(nonce);
    int content = NONCE_BYTES + plain.remaining() + TAG_BYTES;
    ByteBuffer header = into.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC).putInt(content).put(nonce);
    into.position(header.position());
    try {
      start(Cipher.ENCRYPT_MODE, seal);
      ByteBuffer from = plain.duplicate();
      while (plain.limit() - from.position() > PIECE_BYTES) {
        from.limit(from.position() + PIECE_BYTES);
        cipher.update(from, into);
      }
      from.limit(plain.limit());
      cipher.doFinal(from, into);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a frame could not be encrypted", e);
    }
  }

  /** Length of the encrypted frame at the start of {@code stored}, which may end early. */
  static int length(ByteBuffer stored) throws DamagedFrameException {
    ByteBuffer header = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (header.remaining() < OVERHEAD) {
      throw new DamagedFrameException("is cut short: " + header.remaining() + " bytes");
    }
    int magic = header.getInt();
    int content = header.getInt();
    if (magic != MAGIC) {
      throw new DamagedFrameException("is not an encrypted one: it begins with another mark");
    }
    if (content < NONCE_BYTES + TAG_BYTES || content > header.remaining()) {
      throw new DamagedFrameException(
          "says it has "
              + Integer.toUnsignedLong(content)
              + " bytes; "
              + header.remaining()
              + " are there");
    }
    return 8 + content;
  }

  /**
   * Decrypts {@code stored}, one whole frame, into {@code into} from its position on.
   *
   * @param into has room for the plain bytes
   */
  void decrypt(ByteBuffer stored, ByteBuffer into, FrameSeal seal) throws DamagedFrameException {
    if (length(stored) != stored.remaining()) {
      throw new DamagedFrameException("has more bytes than it says");
    }
    if (stored.remaining() - OVERHEAD > into.remaining()) {
      throw new DamagedFrameException("is longer than any frame may be");
    }
    ByteBuffer from = stored.duplicate().position(stored.position() + 8);
    from.get(nonce);
    try {
      start(Cipher.DECRYPT_MODE, seal);
      cipher.doFinal(from, into);
    } catch (AEADBadTagException e) {
      throw new DamagedFrameException(
          "does not authenticate under "
              + seal.key()
              + " at this place: it was changed, moved, or encrypted with another key",
          e);
    } catch (GeneralSecurityException e) {
      throw new DamagedFrameException("cannot be decrypted", e);
    }
  }

  private void start(int mode, FrameSeal seal) throws GeneralSecurityException {
    cipher.init(mode, seal.key().secret(), new GCMParameterSpec(TAG_BYTES * 8, nonce));
    cipher.updateAAD(seal.place().getBytes(StandardCharsets.UTF_8));
  }
}
