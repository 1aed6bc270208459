package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PostgresTime;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes rows of one source into one table of the target by COPY, in the form that they have. */
final class RowCopy {
  private static final int BUFFER_BYTES = 64 << 10;

  private final PostgresSession target;
  private final MappedTable table;
  private final CopyLabels labels;
  private final String takesBinary;

  RowCopy(PostgresSession target, MappedTable table) {
    this.target = target;
    this.table = table;
    this.labels = new CopyLabels(table);
    this.takesBinary = table.form() == ValueForm.BINARY ? takesBinary(table) : "";
  }

  /**
   * Asks whether every column has a type that reads what COPY in binary form gives it. Nobody can
   * change the table from then on until the transaction ends.
   */
  private static String takesBinary(MappedTable table) {
    StringJoiner all = new StringJoiner(" AND ");
    table.labels().keySet().forEach(column -> all.add(hasType(column, BinaryType.TEXT)));
    BinaryType[] given = BinaryForm.given(table);
    for (int i = 0; i < given.length; i++) {
      all.add(hasType(table.sent().get(i).name(), given[i]));
    }
    if (table.isHistory()) {
      all.add(hasType(MappedTable.VALID_FROM, BinaryType.TIMESTAMPTZ));
      all.add(hasType(MappedTable.VALID_TO, BinaryType.TIMESTAMPTZ));
    }
    return "SELECT %s FROM (VALUES (0)) one LEFT JOIN %s t ON false"
        .formatted(all, table.target().quoted());
  }

  private static String hasType(String column, BinaryType given) {
    String oids =
        Stream.of(BinaryType.values())
            .filter(type -> given == BinaryType.TEXT ? type.isText() : type == given)
            .map(type -> String.valueOf(type.oid()))
            .collect(Collectors.joining(", "));
    return "pg_typeof(t." + Sql.name(column) + ")::oid IN (" + oids + ")";
  }

  /** Takes rows, each with what is to stand in columns beside them. */
  interface Lines {
    void add(byte[] @Nullable [] row, @Nullable Instant... more);
  }

  /** Gives rows. */
  @FunctionalInterface
  interface Filler {
    void fill(Lines lines);
  }

  /**
   * Writes all rows that are given, in the caller's transaction.
   *
   * @throws BinaryUnfit where the table has other types than the rows
   */
  void write(String statement, Filler rows) {
    boolean isBinary = table.form() == ValueForm.BINARY;
    if (isBinary) {
      requireTypes();
    }
    CopyBuffer buffer = new CopyBuffer(2 * BUFFER_BYTES);
    if (isBinary) {
      CopyLabels.begin(buffer);
    }
    target.copyIn(
        statement,
        out -> {
          rows.fill(
              (row, more) -> {
                if (isBinary) {
                  tuple(row, more, buffer);
                } else {
                  line(row, more, buffer);
                }
                if (buffer.size() >= BUFFER_BYTES) {
                  buffer.sendTo(out);
                }
              });
          if (isBinary) {
            CopyLabels.end(buffer);
          }
          buffer.sendTo(out);
        });
  }

  /** A widened column would read the bytes of the narrower type as another value. */
  private void requireTypes() {
    if (!target.value(takesBinary).equals(Optional.of("t"))) {
      throw new BinaryUnfit(table.target() + " has columns of other types than " + table.name());
    }
  }

  private void line(byte[] @Nullable [] row, @Nullable Instant[] more, CopyBuffer buffer) {
    labels.beginLine(buffer);
    for (int i = 0; i < row.length; i++) {
      if (i > 0) {
        buffer.raw('\t');
      }
      buffer.value(row[i]);
    }
    for (Instant each : more) {
      buffer.raw('\t');
      buffer.value(each == null ? null : each.toString().getBytes(StandardCharsets.UTF_8));
    }
    buffer.raw('\n');
  }

  private void tuple(byte[] @Nullable [] row, @Nullable Instant[] more, CopyBuffer buffer) {
    labels.beginTuple(row.length + more.length, buffer);
    for (byte[] value : row) {
      buffer.field(value);
    }
    for (Instant each : more) {
      buffer.field(each == null ? null : timestamptz(each));
    }
  }

  /** As timestamptz_send writes it (timestamp.c). */
  private static byte[] timestamptz(Instant instant) {
    return ByteBuffer.allocate(Long.BYTES).putLong(PostgresTime.toMicros(instant)).array();
  }
}
