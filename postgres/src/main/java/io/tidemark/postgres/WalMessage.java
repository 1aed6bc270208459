package io.tidemark.postgres;

import java.nio.ByteBuffer;
import java.time.Instant;

/** What a server sends in a physical replication stream ("Streaming Replication Protocol"). */
public sealed interface WalMessage {
  /**
   * A stretch of WAL; may begin and end anywhere, never crosses a segment's end.
   *
   * @param start the address of its first byte
   * @param serverEnd how far the server had flushed when it sent this
   * @param sentAt by the server's clock
   * @param data a heap buffer of its own: it may be kept and handed to another thread
   */
  record WalData(Lsn start, Lsn serverEnd, Instant sentAt, ByteBuffer data) implements WalMessage {
    /** The address after its last byte. */
    public Lsn end() {
      return start.plus(data.remaining());
    }
  }

  /**
   * A sign of life.
   *
   * @param serverEnd how far the server has sent
   * @param replyRequested the server wants a status now; the stream has already repeated the last
   *     one to it, so a newer one is welcome but not needed
   */
  record KeepAlive(Lsn serverEnd, Instant sentAt, boolean replyRequested) implements WalMessage {}

  /**
   * The timeline ends here: everything of it was sent. The stream is over, and the connection can
   * start another.
   *
   * @param next the timeline that the server's history goes on with
   * @param switchPoint where it begins
   */
  record EndOfTimeline(Timeline next, Lsn switchPoint) implements WalMessage {}
}
