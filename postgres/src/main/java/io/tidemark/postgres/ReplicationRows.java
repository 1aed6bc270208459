package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rows with which replication commands answer ("Streaming Replication Protocol"). */
final class ReplicationRows {
  private ReplicationRows() {}

  static SystemIdentity identity(List<byte @Nullable []> row) {
    return new SystemIdentity(
        SystemId.parse(required(row, 0)),
        timeline(required(row, 1)),
        Lsn.parse(required(row, 2)),
        text(row, 3));
  }

  static WalMessage.EndOfTimeline endOfTimeline(List<byte @Nullable []> row) {
    return new WalMessage.EndOfTimeline(timeline(required(row, 0)), Lsn.parse(required(row, 1)));
  }

  /** READ_REPLICATION_SLOT answers with nulls where there is no such slot. */
  static Optional<SlotPosition> slot(List<byte @Nullable []> row) {
    return text(row, 0)
        .map(
            type ->
                new SlotPosition(
                    text(row, 1).map(Lsn::parse), text(row, 2).map(ReplicationRows::timeline)));
  }

  static LogicalSlot logicalSlot(SlotName name, List<byte @Nullable []> row) {
    return new LogicalSlot(name, Lsn.parse(required(row, 1)), text(row, 2));
  }

  static TimelineHistoryFile historyFile(List<byte @Nullable []> row) {
    return new TimelineHistoryFile(required(row, 0), bytes(row, 1));
  }

  static String required(List<byte @Nullable []> row, int column) {
    return new String(bytes(row, column), StandardCharsets.UTF_8);
  }

  static Timeline timeline(String decimal) {
    return new Timeline(Integer.parseUnsignedInt(decimal));
  }

  static Optional<String> text(List<byte @Nullable []> row, int column) {
    byte[] value = column < row.size() ? row.get(column) : null;
    return value == null
        ? Optional.empty()
        : Optional.of(new String(value, StandardCharsets.UTF_8));
  }

  private static byte[] bytes(List<byte @Nullable []> row, int column) {
    byte[] value = column < row.size() ? row.get(column) : null;
    if (value == null) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "PostgreSQL's answer has no column " + (column + 1) + "; the protocol says it has.",
          "");
    }
    return value;
  }
}
