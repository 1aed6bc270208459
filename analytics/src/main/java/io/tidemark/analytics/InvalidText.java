package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the value of a source with SQL_ASCII because of which a table cannot be taken. */
final class InvalidText {
  private static final Logger LOG = LoggerFactory.getLogger(InvalidText.class);
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final MappedTable table;
  private final List<MappedColumn> sent;

  /** The first one: there is no need to read on. */
  private static final class FoundException extends Exception {
    private static final long serialVersionUID = 1L;

    FoundException(String what) {
      super(what);
    }
  }

  private InvalidText(MappedTable table) {
    this.table = table;
    this.sent = table.sent();
  }

  /**
   * Reads the table until it meets one.
   *
   * @return its column and the key of its row, as far as that is not masked; empty where there is
   *     none any more, or it cannot be read
   */
  static Optional<String> find(FeedSpec spec, MappedTable table) {
    try (PostgresSession source = Sessions.source(spec.decoded())) {
      return source.within(LIMIT, () -> new InvalidText(table).first(source));
    } catch (TidemarkException e) {
      LOG.debug("{}: the row is not found: {}", table.name(), e.explain());
      return Optional.empty();
    }
  }

  private Optional<String> first(PostgresSession source) {
    // Hexadecimal digits: the server itself would refuse to print the value.
    List<String> columns =
        sent.stream()
            .map(
                column ->
                    "encode(convert_to(%s::text, 'SQL_ASCII'), 'hex')"
                        .formatted(Sql.name(column.source().name())))
            .toList();
    String query =
        "COPY (SELECT %s FROM %s%s) TO STDOUT"
            .formatted(
                String.join(", ", columns),
                table.name().quoted(),
                table.where().map(filter -> " WHERE " + filter).orElse(""));
    try {
      source.copyOut(query, this::require);
      return Optional.empty();
    } catch (FoundException e) {
      return Optional.ofNullable(e.getMessage());
    }
  }

  private void require(byte[] line, int length) throws FoundException {
    byte[] @Nullable [] row = CopyText.row(line, length, sent.size());
    for (int i = 0; i < row.length; i++) {
      byte[] digits = row[i];
      byte[] value =
          digits == null
              ? null
              : HexFormat.of().parseHex(new String(digits, StandardCharsets.US_ASCII));
      row[i] = value;
    }
    for (int i = 0; i < row.length; i++) {
      byte[] value = row[i];
      if (value != null && Utf8Only.firstInvalid(value) >= 0) {
        throw new FoundException(
            "column %s of the row%s".formatted(sent.get(i).source().name(), key(row)));
      }
    }
  }

  private String key(byte[] @Nullable [] row) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < row.length; i++) {
      MappedColumn column = sent.get(i);
      byte[] value = row[i];
      if (table.key().contains(column.name())
          && !column.isMasked()
          && value != null
          && Utf8Only.firstInvalid(value) < 0) {
        parts.add(column.source().name() + " = " + new String(value, StandardCharsets.UTF_8));
      }
    }
    return parts.isEmpty() ? "" : " with " + String.join(", ", parts);
  }
}
