package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A table of a target in memory, as strict as one with a primary key. */
final class MemoryWriter implements RowWriter {
  /** A row, or a version of one. */
  private static final class Stored {
    byte[] @Nullable [] values;
    @Nullable Instant deletedAt;
    Instant from = Instant.EPOCH;
    @Nullable Instant to;

    Stored(byte[] @Nullable [] values) {
      this.values = values;
    }
  }

  private final MappedTable table;
  private final int[] key;
  private final Map<RowKey, Stored> rows = new LinkedHashMap<>();
  private final List<byte[] @Nullable []> bag = new ArrayList<>();
  private final List<Stored> versions = new ArrayList<>();
  private final Map<RowKey, Moment> begun = new HashMap<>();
  private long missing;
  private boolean lost;

  MemoryWriter(MappedTable table) {
    this.table = table;
    this.key = TableSql.keyColumns(table);
  }

  /** As {@link BatchSimulation#line} has it, sorted. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    bag.forEach(row -> lines.add(BatchSimulation.line(text(row))));
    rows.values()
        .forEach(
            row ->
                lines.add(
                    table.isSoftDelete()
                        ? BatchSimulation.line(text(row.values), row.deletedAt)
                        : BatchSimulation.line(text(row.values))));
    versions.forEach(
        version -> lines.add(BatchSimulation.line(text(version.values), version.from, version.to)));
    return lines.stream().sorted().toList();
  }

  private static @Nullable String[] text(byte[] @Nullable [] row) {
    @Nullable String[] text = new String[row.length];
    for (int i = 0; i < row.length; i++) {
      text[i] = row[i] == null ? null : new String(row[i], StandardCharsets.UTF_8);
    }
    return text;
  }

  private RowKey key(byte[] @Nullable [] row) {
    return RowKey.of(row, key);
  }

  @Override
  public void deleteAll(Moment at) {
    bag.clear();
    if (table.isSoftDelete()) {
      rows.values().forEach(row -> mark(row, at));
    } else {
      rows.clear();
    }
  }

  private static void mark(Stored row, Moment at) {
    if (row.deletedAt == null) {
      row.deletedAt = at.time();
    }
  }

  @Override
  public void delete(List<byte[] @Nullable []> keys, List<Moment> at) {
    for (int i = 0; i < keys.size(); i++) {
      RowKey id = RowKey.of(keys.get(i));
      Stored row = rows.get(id);
      if (row != null && table.isSoftDelete()) {
        mark(row, at.get(i));
      } else {
        rows.remove(id);
      }
    }
  }

  @Override
  public void update(BitSet known, List<byte[] @Nullable []> changed, boolean overlap) {
    for (byte[] @Nullable [] row : changed) {
      Stored there = rows.get(key(row));
      if (there != null) {
        there.values = Rows.merge(there.values, row);
        there.deletedAt = null;
      } else if (overlap) {
        lost = true;
      } else {
        missing++;
        if (Rows.isWhole(row)) {
          put(List.<byte[] @Nullable []>of(row));
        }
      }
    }
  }

  @Override
  public void put(List<byte[] @Nullable []> added) {
    added.forEach(row -> rows.put(key(row), new Stored(whole(row))));
  }

  private static byte[] @Nullable [] whole(byte[] @Nullable [] row) {
    assertThat(Rows.isWhole(row)).isTrue();
    return row;
  }

  @Override
  public void insert(List<byte[] @Nullable []> added) {
    for (byte[] @Nullable [] row : added) {
      if (table.isKeyed()) {
        Stored before = rows.put(key(row), new Stored(whole(row)));
        assertThat(before).as("a row of the key of one that is inserted").isNull();
      } else {
        bag.add(whole(row));
      }
    }
  }

  @Override
  public void deleteEqual(List<byte[] @Nullable []> gone, List<Integer> times) {
    for (int i = 0; i < gone.size(); i++) {
      RowKey wanted = RowKey.of(whole(gone.get(i)));
      for (int time = 0; time < times.get(i); time++) {
        int place = bag.stream().map(RowKey::of).toList().indexOf(wanted);
        assertThat(place).as("a row that is deleted").isNotNegative();
        bag.remove(place);
      }
    }
  }

  @Override
  public void move(RowKey from, byte[] @Nullable [] row, Moment at) {
    Stored there = rows.remove(from);
    assertThat(there).as("a row that is moved").isNotNull();
    if (there != null) {
      there.values = Rows.merge(there.values, row);
      assertThat(rows.put(key(row), there)).as("a row of the key moved to").isNull();
    }
  }

  @Override
  public void moveBeside(RowKey from, byte[] @Nullable [] row, Moment at) {
    Stored there = rows.get(from);
    assertThat(there).as("a row that is moved").isNotNull();
    if (there != null) {
      mark(there, at);
      rows.put(key(row), new Stored(Rows.merge(there.values, row)));
    }
  }

  @Override
  public void moveOver(RowKey from, byte[] @Nullable [] row, Moment at) {
    Stored there = rows.get(key(row));
    if (there != null && there.deletedAt == null) {
      delete(List.<byte[] @Nullable []>of(from.values()), List.of(at));
      there.values = Rows.merge(there.values, row);
    } else {
      lost = true;
    }
  }

  // History

  private @Nullable Stored current(RowKey id) {
    List<Stored> found =
        versions.stream().filter(each -> each.to == null && key(each.values).equals(id)).toList();
    assertThat(found).as("current versions").hasSizeLessThan(2);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** Gives when its successor begins: with what a transaction itself has begun it has none. */
  private Instant end(Stored version, Moment at) {
    RowKey id = key(version.values);
    Moment its = begun.get(id);
    if (its != null && its.commit().equals(at.commit())) {
      versions.remove(version);
      return version.from;
    }
    Instant end = version.from.isAfter(at.time()) ? version.from : at.time();
    version.to = end;
    return end;
  }

  private void begin(byte[] @Nullable [] row, Instant from, Moment at) {
    assertThat(current(key(row))).isNull();
    Stored version = new Stored(whole(row));
    version.from = from;
    versions.add(version);
    begun.put(key(row), at);
  }

  @Override
  public void closeAll(Moment at) {
    versions.stream().filter(each -> each.to == null).toList().forEach(each -> end(each, at));
  }

  @Override
  public void succeed(RowKey before, byte[] @Nullable [] row, Moment at) {
    Stored version = current(before);
    assertThat(version).as("a version that is succeeded").isNotNull();
    if (version != null) {
      begin(Rows.merge(version.values, row), end(version, at), at);
    }
  }

  @Override
  public void succeed(Map<RowKey, List<HistoryBatch.Version>> succeeding) {
    succeeding.forEach(
        (id, its) -> {
          for (HistoryBatch.Version each : its) {
            Stored last = current(id);
            Instant from = last == null ? each.from().time() : end(last, each.from());
            if (each.row() != null) {
              begin(each.row(), from, each.from());
            }
          }
        });
  }

  /** Whether the table must come in again. */
  boolean isLost() {
    return lost;
  }

  /** Rows that a change was for and that were not there, since the last call. */
  long takeMissing() {
    long found = missing;
    missing = 0;
    return found;
  }
}
