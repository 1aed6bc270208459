package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Frame codecs with their buffers outside the heap, used again and again. There are never more than
 * {@link #LIMIT}: who wants one more waits until one is given back. Nobody may want a second while
 * it holds one.
 */
final class Workbenches implements AutoCloseable {
  /** At most so many, of at most about 8 MiB each. */
  static final int LIMIT = 12;

  private final Compression compression;
  private final Semaphore free = new Semaphore(LIMIT);
  private final ConcurrentLinkedDeque<Workbench> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  /**
   * @param compression of what is encoded; everything is decoded
   */
  Workbenches(Compression compression) {
    this.compression = compression;
  }

  /** A codec with its buffers, for one thread, until it is closed. */
  final class Workbench implements AutoCloseable {
    final FrameCodec codec = new FrameCodec(compression);
    private @Nullable ByteBuffer stored;
    private @Nullable ByteBuffer piece;

    /** Room for two frames as they are stored, empty. */
    ByteBuffer stored() {
      ByteBuffer made = stored;
      if (made == null) {
        made = ByteBuffer.allocateDirect(2 * FrameCodec.maxStored(Frame.MAX_RAW_BYTES));
        stored = made;
      }
      return made.clear();
    }

    /** Room for one raw piece, empty. */
    ByteBuffer piece() {
      ByteBuffer made = piece;
      if (made == null) {
        made = ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES);
        piece = made;
      }
      return made.clear();
    }

    @Override
    public void close() {
      idle.push(this);
      if (closed) {
        closeIdle();
      }
      free.release();
    }
  }

  Workbench take() {
    free.acquireUninterruptibly();
    Workbench bench = idle.poll();
    return bench == null ? new Workbench() : bench;
  }

  private void closeIdle() {
    for (Workbench bench = idle.poll(); bench != null; bench = idle.poll()) {
      bench.codec.close();
    }
  }

  /** Releases what is not in use now, and the rest when it is given back. */
  @Override
  public void close() {
    closed = true;
    closeIdle();
  }
}
