package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changes of a transaction that the source sends before it is committed, in a file. They are
 * masked already. The file is worth nothing after the process ends: the source sends everything
 * again. One thread writes it; when it is complete, one thread reads it.
 */
final class LargeTransaction implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LargeTransaction.class);
  private static final int BUFFER_BYTES = 256 << 10;
  private static final int NULL = -1;
  private static final int UNCHANGED = -2;

  /** What the disk must keep free for others. */
  private static final long RESERVE_BYTES = 512L << 20;

  private static final int CHECK_EVERY = 10_000;

  private static final byte INSERT = 'I';
  private static final byte UPDATE = 'U';
  private static final byte UPDATE_OLD = 'O';
  private static final byte DELETE = 'D';
  private static final byte TRUNCATE = 'T';
  private static final byte CHANGE = 'C';

  private final Path file;
  private final DataOutputStream out;
  private final List<MappedTable> tables = new ArrayList<>();
  private final IdentityHashMap<MappedTable, Integer> places = new IdentityHashMap<>();
  private final List<ShapeChange> changes = new ArrayList<>();
  private final Set<Integer> aborted = new HashSet<>();
  private long count;

  /** Gets the changes in their order. */
  interface Sink {
    void insert(MappedTable table, byte[] @Nullable [] row);

    void update(MappedTable table, byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row);

    void delete(MappedTable table, byte[] @Nullable [] old);

    void truncate(MappedTable table);

    void change(ShapeChange change);
  }

  /**
   * @param directory where the file is made, for this user alone
   */
  LargeTransaction(Path directory, String prefix) {
    try {
      file =
          Files.createTempFile(
              directory,
              prefix,
              ".spool",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES));
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  long count() {
    return count;
  }

  void insert(int xid, MappedTable table, byte[] @Nullable [] row) {
    write(INSERT, xid, table, row, null);
  }

  void update(
      int xid, MappedTable table, byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row) {
    write(old == null ? UPDATE : UPDATE_OLD, xid, table, row, old);
  }

  void delete(int xid, MappedTable table, byte[] @Nullable [] old) {
    write(DELETE, xid, table, old, null);
  }

  void truncate(int xid, MappedTable table) {
    write(TRUNCATE, xid, table, null, null);
  }

  /** What follows is of another shape. */
  void change(int xid, ShapeChange change) {
    changes.add(change);
    try {
      out.writeByte(CHANGE);
      out.writeInt(xid);
      out.writeInt(changes.size() - 1);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** Whether a change of shape would be lost with what is rolled back. */
  boolean hasChanges() {
    return !changes.isEmpty();
  }

  /** A subtransaction is rolled back: what it did is left out. */
  void abort(int xid) {
    aborted.add(xid);
  }

  private void write(
      byte kind,
      int xid,
      MappedTable table,
      byte @Nullable [] @Nullable [] row,
      byte @Nullable [] @Nullable [] old) {
    try {
      if (count++ % CHECK_EVERY == 0) {
        requireRoom();
      }
      out.writeByte(kind);
      out.writeInt(xid);
      out.writeInt(place(table));
      if (row != null) {
        write(row);
      }
      if (old != null) {
        write(old);
      }
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private void requireRoom() throws IOException {
    long free = Files.getFileStore(file).getUsableSpace();
    if (free < RESERVE_BYTES) {
      throw new TidemarkException(
          ErrorCode.NO_SPACE,
          "a transaction of %d changes and more does not fit on the disk of %s: %d MiB are free, %d"
                  .formatted(count, file.getParent(), free >> 20, RESERVE_BYTES >> 20)
              + " are kept for others",
          "make room, or set analytics.spool-directory to a larger disk");
    }
  }

  private int place(MappedTable table) {
    Integer place = places.get(table);
    if (place == null) {
      place = tables.size();
      tables.add(table);
      places.put(table, place);
    }
    return place;
  }

  private void write(byte[] @Nullable [] row) throws IOException {
    out.writeShort(row.length);
    for (byte[] value : row) {
      if (value == null) {
        out.writeInt(NULL);
      } else if (Rows.isUnchanged(value)) {
        out.writeInt(UNCHANGED);
      } else {
        out.writeInt(value.length);
        out.write(value);
      }
    }
  }

  /** It is committed: gives what was not rolled back. */
  void replay(Sink sink) {
    try {
      out.close();
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
        for (int kind = in.read(); kind >= 0; kind = in.read()) {
          replay((byte) kind, in, sink);
        }
      }
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private void replay(byte kind, DataInputStream in, Sink sink) throws IOException {
    boolean left = aborted.contains(in.readInt());
    int place = in.readInt();
    if (kind == CHANGE) {
      sink.change(changes.get(place));
      return;
    }
    MappedTable table = tables.get(place);
    byte[] @Nullable [] row = kind == TRUNCATE ? new byte[0][] : read(in);
    byte @Nullable [] @Nullable [] old = kind == UPDATE_OLD ? read(in) : null;
    if (left) {
      return;
    }
    switch (kind) {
      case INSERT -> sink.insert(table, row);
      case UPDATE, UPDATE_OLD -> sink.update(table, old, row);
      case DELETE -> sink.delete(table, row);
      case TRUNCATE -> sink.truncate(table);
      default -> throw new IOException("a change of kind " + kind + " in " + file);
    }
  }

  private static byte[] @Nullable [] read(DataInputStream in) throws IOException {
    byte[] @Nullable [] row = new byte[in.readShort()][];
    for (int i = 0; i < row.length; i++) {
      int length = in.readInt();
      if (length == UNCHANGED) {
        row[i] = Rows.UNCHANGED;
      } else if (length != NULL) {
        byte[] value = new byte[length];
        in.readFully(value);
        row[i] = value;
      }
    }
    return row;
  }

  private static TidemarkException failure(Path file, IOException e) {
    return new TidemarkException(
        ErrorCode.LOCAL_IO,
        "the changes of a large transaction cannot be kept in " + file + ": " + e,
        "check analytics.spool-directory: its disk, its owner",
        e);
  }

  /** A full disk is no reason to leave the file there. */
  @Override
  public void close() {
    try (out) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.debug("the file {} of a large transaction was not written to its end: {}", file, e);
    }
  }
}
