package io.tidemark.postgres;

import io.tidemark.postgres.WalMessage.KeepAlive;
import io.tidemark.postgres.WalMessage.WalData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Reads a logical stream into a list. */
final class LogicalReading {
  static final PgoutputOptions TEXT = new PgoutputOptions(List.of("p"), false);
  static final PgoutputOptions BINARY = new PgoutputOptions(List.of("p"), true);

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final WalStream stream;
  private final PgoutputDecoder decoder = new PgoutputDecoder();
  private final List<LogicalMessage> messages = new ArrayList<>();
  private Lsn serverEnd = Lsn.ZERO;

  LogicalReading(WalStream stream) {
    this.stream = stream;
  }

  /** What came since the last call, up to one that will do. */
  List<LogicalMessage> until(Predicate<LogicalMessage> last) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      if (step(Duration.ofMillis(100)) && last.test(messages.getLast())) {
        List<LogicalMessage> read = List.copyOf(messages);
        messages.clear();
        return read;
      }
    }
    throw new AssertionError("did not come within " + LIMIT + "; after " + messages);
  }

  List<LogicalMessage> untilCommits(int count) {
    int[] left = {count};
    return until(
        m ->
            (m instanceof LogicalMessage.Commit || m instanceof LogicalMessage.StreamCommit)
                && --left[0] == 0);
  }

  /** Whether a message of pgoutput came in time. */
  boolean step(Duration timeout) {
    switch (stream.poll(timeout)) {
      case WalData data -> {
        messages.add(decoder.decode(data.data()));
        return true;
      }
      case KeepAlive keepAlive -> serverEnd = keepAlive.serverEnd();
      case null, default -> {}
    }
    return false;
  }

  /** How far the server has sent, by its last sign of life. */
  Lsn serverEnd() {
    return serverEnd;
  }

  /** Those of one kind. */
  static <T extends LogicalMessage> List<T> only(Class<T> kind, List<LogicalMessage> messages) {
    return messages.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
