package io.tidemark.repository;

import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.repository.Workbenches.Workbench;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Reads frames of packs. Safe for use by many threads, each of which takes a workbench. */
public final class PackReader {
  private static final int MAX_KNOWN_PACKS = 10_000;

  private final Part part;
  private final Map<PackName, Coding> known = new ConcurrentHashMap<>();

  PackReader(Part part) {
    this.part = part;
  }

  /** Takes one frame's raw bytes; the buffer is used again after the call. */
  public interface Sink {
    void accept(Frame frame, ByteBuffer raw);
  }

  /** What a pack's header says of how its frames are made. */
  private record Coding(Compression.Algorithm compression, Optional<DataKey> key) {}

  /**
   * Reads frames of one pack in few requests, checks length, authentication and CRC-32C of each,
   * and hands them over in the order of their pack offsets.
   *
   * @param frames none of zeros, which are stored nowhere
   * @throws io.tidemark.config.TidemarkException OBJECT_DAMAGED naming pack, offset and what
   *     differs; StoreException NOT_FOUND where there is no such pack
   */
  public void read(PackName pack, List<Frame> frames, Sink sink) {
    frames.forEach(frame -> require(frame, pack));
    try (Workbench bench = part.benches().take()) {
      for (PackRun run : PackRun.of(frames)) {
        read(pack, run, bench, sink);
      }
    }
  }

  private static void require(Frame frame, PackName pack) {
    if (frame.isZeros() || !frame.pack().equals(pack)) {
      throw new IllegalArgumentException(frame + " is not in " + pack);
    }
  }

  private void read(PackName pack, PackRun run, Workbench bench, Sink sink) {
    String key = part.keys().pack(pack);
    Coding coding = run.from() == 0 ? known.get(pack) : coding(pack, key);
    try (InputStream in = part.store().get(key, run.from(), run.to() - run.from())) {
      StoredBytes bytes = new StoredBytes(in, run.from());
      if (coding == null) {
        coding = remember(pack, coding(key, headerOf(key, bytes)));
      }
      for (Frame frame : run.frames()) {
        decode(key, coding, frame, bytes, bench, sink);
      }
    } catch (EOFException e) {
      throw part.damage(key).found("it is cut short: frames of it lie behind its end", e);
    } catch (IOException e) {
      throw StoreReads.failed(part.store(), key, e);
    }
  }

  private void decode(
      String key, Coding coding, Frame frame, StoredBytes bytes, Workbench bench, Sink sink)
      throws IOException {
    ByteBuffer stored = bench.stored();
    if (frame.storedLength() > stored.remaining()) {
      throw part.damage(key).found(at(frame) + "cannot have " + frame.storedLength() + " bytes");
    }
    bytes.read(frame.packOffset(), frame.storedLength(), stored);
    ByteBuffer raw = bench.piece().limit(frame.rawLength());
    FrameSeal seal = seal(coding, key, frame);
    try {
      bench.codec.decode(stored.flip(), coding.compression(), raw, seal);
    } catch (DamagedFrameException e) {
      throw part.damage(key).found(at(frame) + e.what(), e);
    }
    requireContent(key, frame, raw.flip());
    sink.accept(frame, raw);
  }

  private void requireContent(String key, Frame frame, ByteBuffer raw) {
    if (raw.remaining() != frame.rawLength()) {
      throw part.damage(key)
          .found(
              at(frame)
                  + "holds "
                  + raw.remaining()
                  + " raw bytes; the manifest says "
                  + frame.rawLength());
    }
    int crc = Checksums.crc32c(raw);
    if (crc != frame.crc32c()) {
      throw part.damage(key)
          .found(
              at(frame)
                  + "has CRC-32C "
                  + Hex.hex8(crc)
                  + "; the manifest says "
                  + Hex.hex8(frame.crc32c()));
    }
  }

  private static String at(Frame frame) {
    return "its frame at byte " + frame.packOffset() + " ";
  }

  private static @Nullable FrameSeal seal(Coding coding, String key, Frame frame) {
    DataKey dataKey = coding.key().orElse(null);
    return dataKey == null ? null : FrameSeal.at(dataKey, key, frame.packOffset());
  }

  private Coding coding(PackName pack, String key) {
    Coding found = known.get(pack);
    return found == null
        ? remember(pack, coding(key, part.sealed().header(key, Kind.PACK)))
        : found;
  }

  private Coding coding(String key, SealedHeader header) {
    return new Coding(header.compression(), header.keyId().map(id -> dataKey(part, key, id)));
  }

  private Coding remember(PackName pack, Coding coding) {
    if (known.size() >= MAX_KNOWN_PACKS) {
      known.clear();
    }
    known.put(pack, coding);
    return coding;
  }

  private SealedHeader headerOf(String key, StoredBytes bytes) throws IOException {
    Damage damage = part.damage(key);
    ByteBuffer start = ByteBuffer.allocate(SealedHeader.FIXED_BYTES);
    bytes.read(0, SealedHeader.FIXED_BYTES, start);
    int length = SealedHeader.length(damage, start.flip());
    ByteBuffer header = ByteBuffer.allocate(length).put(start);
    bytes.read(SealedHeader.FIXED_BYTES, length - SealedHeader.FIXED_BYTES, header);
    return SealedObjects.requireKind(damage, SealedHeader.decode(damage, header.flip()), Kind.PACK);
  }

  static DataKey dataKey(Part part, String object, String id) {
    return part.keyring()
        .orElseThrow(() -> part.damage(object).found("it is encrypted, and its repository is not"))
        .byId(id);
  }
}
