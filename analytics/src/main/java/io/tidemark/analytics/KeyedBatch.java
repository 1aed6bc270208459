package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** For a table with a key, whose target has each row once: the last state of each row counts. */
final class KeyedBatch implements TableBatch {
  /** What a row comes to. */
  private static final class Net {
    /** Whether the first change was its insert, so that the target had none. */
    final boolean isNew;

    /** Its values as far as they are known; null: none. */
    byte @Nullable [] @Nullable [] row;

    /** Since when it is gone; null: it is there. */
    @Nullable Moment gone;

    Net(boolean isNew, byte @Nullable [] @Nullable [] row, @Nullable Moment gone) {
      this.isNew = isNew;
      this.row = row;
      this.gone = gone;
    }

    /** Null as well where it is gone. */
    byte @Nullable [] @Nullable [] live() {
      return gone == null ? row : null;
    }
  }

  /** A row that gets another key, and of which not all values are known. */
  private static final class Move {
    final RowKey from;
    final byte[] @Nullable [] row;
    final Moment at;

    Move(RowKey from, byte[] @Nullable [] row, Moment at) {
      this.from = from;
      this.row = row;
      this.at = at;
    }
  }

  private final MappedTable table;
  private final boolean overlap;
  private final int[] key;
  private final Map<RowKey, Net> rows = new LinkedHashMap<>();
  private final List<Move> moves = new ArrayList<>();
  private @Nullable Moment truncated;
  private long bytes;

  /**
   * @param overlap whether rows of the target may be newer than these changes
   */
  KeyedBatch(MappedTable table, boolean overlap) {
    this.table = table;
    this.overlap = overlap;
    this.key = TableWriter.keyColumns(table);
  }

  @Override
  public MappedTable table() {
    return table;
  }

  @Override
  public boolean insert(byte[] @Nullable [] row, Moment at) {
    put(RowKey.of(row, key), row, true);
    return true;
  }

  @Override
  public boolean update(byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row, Moment at) {
    RowKey now = RowKey.of(row, key);
    RowKey before = old == null ? now : RowKey.of(old, key);
    if (before.equals(now)) {
      change(now, row);
      return true;
    }
    Net known = rows.get(before);
    byte @Nullable [] @Nullable [] former = known == null ? null : known.live();
    byte[] @Nullable [] whole = former == null ? row : Rows.merge(former, row);
    if (!Rows.isWhole(whole)) {
      return move(before, row, at);
    }
    remove(before, at);
    put(now, whole, true);
    return true;
  }

  private boolean move(RowKey from, byte[] @Nullable [] row, Moment at) {
    if (!rows.isEmpty()) {
      return false;
    }
    moves.add(new Move(from, row, at));
    bytes += Rows.bytes(row);
    return true;
  }

  @Override
  public boolean delete(byte[] @Nullable [] old, Moment at) {
    remove(RowKey.of(old, key), at);
    return true;
  }

  /** Rows that stay, marked, must be there with their last values when they are. */
  @Override
  public boolean truncate(Moment at) {
    if (table.isSoftDelete() && rows() > 0) {
      return false;
    }
    rows.clear();
    moves.clear();
    bytes = 0;
    truncated = at;
    return true;
  }

  private void put(RowKey id, byte[] @Nullable [] row, boolean isNew) {
    Net net = rows.putIfAbsent(id, new Net(isNew, row, null));
    bytes += Rows.bytes(row);
    if (net != null) {
      net.row = row;
      net.gone = null;
    }
  }

  private void change(RowKey id, byte[] @Nullable [] row) {
    Net net = rows.get(id);
    byte @Nullable [] @Nullable [] former = net == null ? null : net.live();
    put(id, former == null || Rows.isWhole(row) ? row : Rows.merge(former, row), false);
  }

  private void remove(RowKey id, Moment at) {
    Net net = rows.get(id);
    if (net == null) {
      bytes += Rows.bytes(id.values());
      rows.put(id, new Net(false, null, at));
    } else if (table.isSoftDelete()) {
      net.gone = at;
    } else if (net.isNew && !overlap) {
      rows.remove(id);
    } else {
      net.row = null;
      net.gone = at;
    }
  }

  @Override
  public Split split(List<TableBatch> earlier) {
    if (!isByKeyOnly() || !table.hasExactKey()) {
      return new Split(null, this);
    }
    List<Set<RowKey>> taken = new ArrayList<>();
    for (TableBatch each : earlier) {
      if (!(each instanceof KeyedBatch other) || !other.isByKeyOnly()) {
        return new Split(null, this);
      }
      taken.add(other.rows.keySet());
    }
    KeyedBatch apart = new KeyedBatch(table, overlap);
    KeyedBatch rest = new KeyedBatch(table, overlap);
    RowKey.part(rows, taken, apart.rows, rest.rows);
    return new Split(apart.rows.isEmpty() ? null : apart, rest.rows.isEmpty() ? null : rest);
  }

  private boolean isByKeyOnly() {
    return truncated == null && moves.isEmpty();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return (long) rows.size() + moves.size() + (truncated == null ? 0 : 1);
  }

  /**
   * Gone rows go first: a value of theirs that is unique in the target may be given to another row.
   */
  @Override
  public void apply(RowWriter to) {
    if (truncated != null) {
      to.deleteAll(truncated);
    }
    moves.forEach(move -> move(move, to));
    List<byte[] @Nullable []> gone = new ArrayList<>();
    List<Moment> goneAt = new ArrayList<>();
    List<Net> last = new ArrayList<>();
    List<Net> live = new ArrayList<>();
    rows.forEach(
        (id, net) -> {
          Moment at = net.gone;
          if (at == null) {
            live.add(net);
          } else {
            gone.add(id.values());
            goneAt.add(at);
            last.add(net);
          }
        });
    write(last, to);
    to.delete(gone, goneAt);
    write(live, to);
  }

  private void move(Move move, RowWriter to) {
    if (overlap) {
      to.moveOver(move.from, move.row, move.at);
    } else if (table.isSoftDelete()) {
      to.moveBeside(move.from, move.row, move.at);
    } else {
      to.move(move.from, move.row, move.at);
    }
  }

  private void write(List<Net> nets, RowWriter to) {
    List<byte[] @Nullable []> added = new ArrayList<>();
    List<byte[] @Nullable []> put = new ArrayList<>();
    Map<BitSet, List<byte[] @Nullable []>> changed = new LinkedHashMap<>();
    for (Net net : nets) {
      byte[] @Nullable [] row = net.row;
      if (row == null) {
        continue;
      }
      boolean whole = Rows.isWhole(row);
      if (whole && (overlap || (net.isNew && table.isSoftDelete()))) {
        put.add(row);
      } else if (whole && net.isNew) {
        added.add(row);
      } else {
        changed(changed, row);
      }
    }
    for (BitSet columns : changed.keySet()) {
      List<byte[] @Nullable []> its = changed.get(columns);
      if (its != null) {
        to.update(columns, its, overlap);
      }
    }
    to.put(put);
    to.insert(added);
  }

  private static void changed(Map<BitSet, List<byte[] @Nullable []>> by, byte[] @Nullable [] row) {
    BitSet columns = Rows.known(row);
    List<byte[] @Nullable []> its = by.get(columns);
    if (its == null) {
      its = new ArrayList<>();
      by.put(columns, its);
    }
    its.add(row);
  }
}
