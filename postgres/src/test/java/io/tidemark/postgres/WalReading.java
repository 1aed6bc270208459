package io.tidemark.postgres;

import io.tidemark.postgres.WalMessage.EndOfTimeline;
import io.tidemark.postgres.WalMessage.KeepAlive;
import io.tidemark.postgres.WalMessage.WalData;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reads a stream into memory, and insists that it is gapless. */
final class WalReading {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final WalStream stream;
  private final Lsn start;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private Lsn end;
  private @Nullable EndOfTimeline endOfTimeline;

  WalReading(WalStream stream, Lsn start) {
    this.stream = stream;
    this.start = start;
    this.end = start;
  }

  WalReading until(Lsn wanted) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (end.isBefore(wanted)) {
      step(deadline);
    }
    return this;
  }

  EndOfTimeline untilEndOfTimeline() {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    EndOfTimeline found = endOfTimeline;
    while (found == null) {
      step(deadline);
      found = endOfTimeline;
    }
    return found;
  }

  private void step(long deadline) {
    if (System.nanoTime() > deadline) {
      throw new AssertionError("the stream came only to " + end + " within " + LIMIT);
    }
    step(Duration.ofMillis(200));
  }

  void step(Duration timeout) {
    WalMessage message = stream.poll(timeout);
    switch (message) {
      case null -> {}
      case KeepAlive keepAlive -> {}
      case EndOfTimeline last -> endOfTimeline = last;
      case WalData data -> {
        if (!data.start().equals(end)) {
          throw new AssertionError("expected " + end + ", got " + data.start());
        }
        end = data.end();
        int offset = data.data().arrayOffset() + data.data().position();
        bytes.write(data.data().array(), offset, data.data().remaining());
      }
    }
  }

  Lsn end() {
    return end;
  }

  Lsn start() {
    return start;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
