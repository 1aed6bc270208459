package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Collects frames into packs and puts each when it is full. For one thread.
 *
 * <p>While one pack is put, the next is filled; a third waits. So a writer takes two buffers of 34
 * MiB outside the heap, the second only when a pack is full for the first time, and gives them back
 * when it is closed.
 */
public final class PackWriter implements AutoCloseable {
  private final BackupWriter backup;
  private final FrameCodec codec;
  private final Arena arena = Arena.ofShared();
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES);

  /** Being filled; null where nothing was added since the last put. */
  private @Nullable PackBuffer filling;

  /** A buffer that is not in use, once there are two. */
  private @Nullable PackBuffer spare;

  private @Nullable PackPut inFlight;

  PackWriter(BackupWriter backup, Compression compression) {
    this.backup = backup;
    this.codec = new FrameCodec(compression);
  }

  /**
   * Adds one piece of a file: compresses, encrypts, appends; puts the pack when it is full. A piece
   * of zeros is stored nowhere.
   *
   * @param raw 1 to {@link Frame#MAX_RAW_BYTES} bytes, direct buffers are fastest; left as it was
   */
  public Frame add(String path, long fileOffset, ByteBuffer raw) {
    int length = raw.remaining();
    if (length < 1 || length > Frame.MAX_RAW_BYTES) {
      throw new IllegalArgumentException("a frame has 1 byte to 1 MiB, not " + length);
    }
    int crc32c = Checksums.crc32c(raw);
    long xxh64 = Checksums.xxh64(raw);
    if (raw.mismatch(zeros.slice(0, length)) < 0) {
      return new Frame(fileOffset, length, backup.noPack(), 0, 0, crc32c, xxh64);
    }
    Frame frame = filling().add(codec, path, fileOffset, raw, crc32c, xxh64);
    if (frame == null) {
      startPut();
      frame = filling().add(codec, path, fileOffset, raw, crc32c, xxh64);
    }
    if (frame == null) {
      throw new IllegalArgumentException("'" + path + "' is too long a path for a pack");
    }
    return frame;
  }

  /** Puts what is collected; frames returned before are durable when it returns. */
  public void flush() {
    startPut();
    awaitPut();
  }

  private PackBuffer filling() {
    PackBuffer pack = filling;
    if (pack == null) {
      pack = spare == null ? new PackBuffer(arena) : spare;
      spare = null;
      backup.beginPack(pack);
      filling = pack;
    }
    return pack;
  }

  /** Only one put at a time: it waits for the one before. */
  private void startPut() {
    awaitPut();
    PackBuffer full = filling;
    if (full != null) {
      filling = null;
      inFlight = new PackPut(backup, full);
    }
  }

  private void awaitPut() {
    PackPut put = inFlight;
    if (put == null) {
      return;
    }
    try {
      put.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED,
          "the wait for " + put.pack().object() + " was interrupted before it was put",
          "run the backup again: it goes on from what is stored already",
          e);
    }
    inFlight = null;
    spare = put.pack();
  }

  /** Releases the buffers; what was not flushed is lost, on purpose. */
  @Override
  public void close() {
    if (inFlight != null) {
      inFlight.cancel();
    }
    arena.close();
    codec.close();
  }
}
