package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an interrupted backup has stored: about 60 bytes a frame, so 60 MB for each TB that it had
 * come to.
 */
final class StoredFrames {
  static final StoredFrames NONE = new StoredFrames(List.of());
  private final Map<String, List<Frame>> byPath = new HashMap<>();
  private final Set<Integer> packs = new TreeSet<>();

  StoredFrames(List<PackDirectory.Entry> entries) {
    for (PackDirectory.Entry entry : entries) {
      byPath.computeIfAbsent(entry.path(), path -> new ArrayList<>()).add(entry.frame());
      packs.add(entry.frame().pack().number());
    }
    byPath.values().forEach(frames -> frames.sort((a, b) -> compare(a, b.fileOffset())));
  }

  Set<Integer> packs() {
    return packs;
  }

  /** The frame that holds exactly these bytes of this file. */
  Optional<Frame> find(String path, long fileOffset, ByteBuffer raw) {
    List<Frame> frames = byPath.getOrDefault(path, List.of());
    int at = first(frames, fileOffset);
    if (at == frames.size() || frames.get(at).fileOffset() != fileOffset) {
      return Optional.empty();
    }
    int crc32c = Checksums.crc32c(raw);
    long xxh64 = Checksums.xxh64(raw);
    return frames.subList(at, frames.size()).stream()
        .takeWhile(frame -> frame.fileOffset() == fileOffset)
        .filter(frame -> frame.rawLength() == raw.remaining())
        .filter(frame -> frame.crc32c() == crc32c && frame.xxh64() == xxh64)
        .findFirst();
  }

  private static int first(List<Frame> frames, long fileOffset) {
    int low = 0;
    int high = frames.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(frames.get(middle), fileOffset) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static int compare(Frame frame, long fileOffset) {
    return Long.compare(frame.fileOffset(), fileOffset);
  }
}
