package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes rows of one source into one table of the target by COPY, as text. */
final class RowCopy {
  private static final int BUFFER_BYTES = 64 << 10;

  private final PostgresSession target;
  private final CopyLabels labels;

  RowCopy(PostgresSession target, MappedTable table) {
    this.target = target;
    this.labels = new CopyLabels(table);
  }

  /** Takes rows. */
  interface Lines {
    void add(byte[] @Nullable [] row, @Nullable String... more);
  }

  /** Gives rows. */
  @FunctionalInterface
  interface Filler {
    void fill(Lines lines);
  }

  /** Writes all rows that are given. */
  void write(String statement, Filler rows) {
    CopyBuffer buffer = new CopyBuffer(2 * BUFFER_BYTES);
    target.copyIn(
        statement,
        out -> {
          rows.fill(
              (row, more) -> {
                line(row, more, buffer);
                if (buffer.size() >= BUFFER_BYTES) {
                  buffer.sendTo(out);
                }
              });
          buffer.sendTo(out);
        });
  }

  private void line(byte[] @Nullable [] row, @Nullable String[] more, CopyBuffer buffer) {
    labels.beginLine(buffer);
    for (int i = 0; i < row.length; i++) {
      if (i > 0) {
        buffer.raw('\t');
      }
      buffer.value(row[i]);
    }
    for (String each : more) {
      buffer.raw('\t');
      buffer.value(each == null ? null : each.getBytes(StandardCharsets.UTF_8));
    }
    buffer.raw('\n');
  }
}
