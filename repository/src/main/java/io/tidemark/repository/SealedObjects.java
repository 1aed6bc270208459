package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.repository.Workbenches.Workbench;
import io.tidemark.store.Content;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Puts and reads sealed objects whole: header, then content in frames. For many threads. */
final class SealedObjects {
  /** Where most headers end; one request then reads all of it. */
  private static final int USUAL_HEADER_BYTES = 4096;

  /** How often a put begins again because what stood in its way had vanished when looked at. */
  private static final int MAX_PUTS = 3;

  private final ObjectStore store;
  private final RepositoryOptions options;
  private final Optional<Keyring> keyring;
  private final Workbenches benches;
  private final SealedMemory memory = new SealedMemory();

  SealedObjects(
      ObjectStore store,
      RepositoryOptions options,
      Optional<Keyring> keyring,
      Workbenches benches) {
    this.store = store;
    this.options = options;
    this.keyring = keyring;
    this.benches = benches;
  }

  /** A sealed object, read whole and checked. */
  record Opened(SealedHeader header, ByteBuffer raw) {}

  /** Takes the next piece of raw content; the buffer is used again after the call. */
  interface Sink {
    /** Called once, first: how long the content claims to be, in bytes. */
    default void expect(long raw) {}

    void accept(ByteBuffer piece);
  }

  /** A header for an object of this process, to be written now. */
  SealedHeader newHeader(
      Kind kind, OptionalLong raw, OptionalInt crc32c, Optional<DataKey> key, ObjectNode about) {
    return new SealedHeader(
        kind,
        options.writer().toString(),
        Instant.now(),
        options.compression().algorithm(),
        key.map(DataKey::id),
        raw,
        crc32c,
        about);
  }

  /**
   * Puts an object; success also where the same raw content is there under that name.
   *
   * @param raw from position to limit, left as it was
   * @throws TidemarkException CONTENT_CONFLICT naming both writers, OBJECT_DAMAGED where what is
   *     there cannot be read
   */
  void put(String key, Kind kind, ObjectNode about, ByteBuffer raw) {
    try (SealedMemory.Share share = memory.reserve(raw.remaining())) {
      Content content = seal(key, kind, about, raw);
      share.shrinkTo(content.size());
      put(key, kind, content, raw);
    }
  }

  private void put(String key, Kind kind, Content content, ByteBuffer raw) {
    for (int i = 0; i < MAX_PUTS; i++) {
      if (store.putIfAbsent(key, content) || isThere(key, kind, raw)) {
        return;
      }
    }
    throw new StoreException(
        StoreException.Kind.UNAVAILABLE,
        store.describe() + " refuses to put " + key + " because it is there, and does not find it",
        "Find out who puts and deletes it at the same time.",
        null);
  }

  /** Whether the same content is there; false if there is nothing any more. */
  private boolean isThere(String key, Kind kind, ByteBuffer raw) {
    Difference difference = new Difference(raw);
    try {
      SealedHeader header = read(key, kind, difference);
      difference.at().ifPresent(at -> refuse(key, header, raw.remaining(), at));
      return true;
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private void refuse(String key, SealedHeader there, int length, long at) {
    throw new TidemarkException(
        ErrorCode.CONTENT_CONFLICT,
        key
            + " is already in "
            + store.describe()
            + " with another content: "
            + there.raw().orElse(0)
            + " bytes written by "
            + there.writer()
            + " at "
            + there.at()
            + "; expected the "
            + length
            + " bytes that "
            + options.writer()
            + " has; they differ first at byte "
            + at,
        "Two servers write different history under one name, such as a cluster and a copy of it"
            + " that was started on the same timeline. Stop the wrong one; give the other a name"
            + " of its own in the repository, or promote it to a new timeline.");
  }

  private Content seal(String key, Kind kind, ObjectNode about, ByteBuffer raw) {
    Optional<DataKey> dataKey = keyring.map(Keyring::current);
    OptionalInt crc =
        dataKey.isPresent() ? OptionalInt.empty() : OptionalInt.of(Checksums.crc32c(raw));
    byte[] header = newHeader(kind, OptionalLong.of(raw.remaining()), crc, dataKey, about).encode();
    List<ByteBuffer> parts = new ArrayList<>();
    parts.add(ByteBuffer.wrap(header));
    try (Workbench bench = benches.take()) {
      ByteBuffer rest = raw.slice();
      long offset = header.length;
      do {
        ByteBuffer piece = Pieces.next(rest);
        FrameSeal seal = seal(dataKey, key, offset, !rest.hasRemaining());
        ByteBuffer frame = bench.stored();
        offset += bench.codec.encode(piece, frame, seal);
        parts.add(copy(frame.flip()));
      } while (rest.hasRemaining());
    }
    return new Content(parts);
  }

  private static ByteBuffer copy(ByteBuffer frame) {
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return ByteBuffer.wrap(bytes);
  }

  /**
   * Reads an object whole, and checks all of it.
   *
   * @param limit the longest raw content that this kind of object can have, in bytes
   * @throws TidemarkException OBJECT_DAMAGED, FORMAT_NEWER; StoreException NOT_FOUND
   */
  Opened read(String key, Kind kind, int limit) {
    Collector all = new Collector(Damage.of(store, key), limit);
    SealedHeader header = read(key, kind, all);
    return new Opened(header, all.raw());
  }

  /**
   * Reads an object piece by piece. What the sink was given is right only when this returns.
   *
   * @throws TidemarkException OBJECT_DAMAGED, FORMAT_NEWER; StoreException NOT_FOUND
   */
  SealedHeader read(String key, Kind kind, Sink sink) {
    try (Workbench bench = benches.take();
        SealedReader reader = new SealedReader(store, key, keyring, bench)) {
      return reader.read(kind, sink);
    }
  }

  /** An object's header, by one small request unless it is unusually long. */
  SealedHeader header(String key, Kind kind) {
    Damage damage = Damage.of(store, key);
    byte[] start = StoreReads.range(store, key, 0, USUAL_HEADER_BYTES);
    int length = SealedHeader.length(damage, ByteBuffer.wrap(start));
    if (length > start.length) {
      start = StoreReads.range(store, key, 0, length);
    }
    return requireKind(damage, SealedHeader.decode(damage, ByteBuffer.wrap(start)), kind);
  }

  static SealedHeader requireKind(Damage damage, SealedHeader header, Kind kind) {
    if (header.kind() != kind) {
      throw damage.found("it is a " + header.kind().text() + "; expected a " + kind.text());
    }
    return header;
  }

  static @Nullable FrameSeal seal(
      Optional<DataKey> dataKey, String key, long offset, boolean last) {
    if (dataKey.isEmpty()) {
      return null;
    }
    return last
        ? FrameSeal.last(dataKey.get(), key, offset)
        : FrameSeal.at(dataKey.get(), key, offset);
  }
}
