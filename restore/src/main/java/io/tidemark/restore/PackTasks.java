package io.tidemark.restore;

import io.tidemark.repository.Frame;
import io.tidemark.repository.PackName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A restore's work, sorted by where it is stored: each pack is read once, from front to back,
 * whatever files its frames belong to.
 */
final class PackTasks {
  private PackTasks() {}

  /** A frame and the file that it belongs to. */
  record Piece(UnfinishedFile file, Frame frame) {}

  /** What is to be taken from one pack, in the order of the pack. */
  record Task(PackName pack, List<Piece> pieces) {}

  /** The tasks for some pieces; pieces of zeros are stored nowhere and not among them. */
  static List<Task> of(List<Piece> pieces) {
    Map<PackName, List<Piece>> byPack = new LinkedHashMap<>();
    for (Piece piece : pieces) {
      if (!piece.frame().isZeros()) {
        byPack.computeIfAbsent(piece.frame().pack(), _ -> new ArrayList<>()).add(piece);
      }
    }
    return byPack.entrySet().stream().map(e -> new Task(e.getKey(), sorted(e.getValue()))).toList();
  }

  private static List<Piece> sorted(List<Piece> pieces) {
    return pieces.stream()
        .sorted(Comparator.comparingLong(piece -> piece.frame().packOffset()))
        .toList();
  }
}
