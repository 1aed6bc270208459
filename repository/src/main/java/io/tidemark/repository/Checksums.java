package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/** The two checksums of the format. They leave position and limit of what they read alone. */
public final class Checksums {
  private static final XXHash64 XXH64 = XXHashFactory.fastestInstance().hash64();

  private Checksums() {}

  /** CRC-32C of what remains in {@code raw}. */
  public static int crc32c(ByteBuffer raw) {
    CRC32C crc = new CRC32C();
    crc.update(raw.duplicate());
    return (int) crc.getValue();
  }

  /** xxHash64 with seed 0 of what remains in {@code raw}. */
  public static long xxh64(ByteBuffer raw) {
    return XXH64.hash(raw, raw.position(), raw.remaining(), 0);
  }
}
