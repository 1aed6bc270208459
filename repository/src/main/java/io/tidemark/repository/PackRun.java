package io.tidemark.repository;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Frames of one pack that are read by one request, in the order of their offsets.
 *
 * @param from first byte to read
 * @param to first byte after
 */
record PackRun(long from, long to, List<Frame> frames) {
  /** So many bytes that nobody wants are read to save a request. */
  static final int BRIDGE_BYTES = 64 << 10;

  PackRun {
    frames = List.copyOf(frames);
  }

  /** Joins frames that lie next to each other; the first run takes the header with it if near. */
  static List<PackRun> of(List<Frame> frames) {
    List<Frame> sorted = new ArrayList<>(frames);
    sorted.sort(Comparator.comparingLong(Frame::packOffset));
    List<PackRun> runs = new ArrayList<>();
    List<Frame> run = new ArrayList<>();
    long from = 0;
    long to = 0;
    for (Frame frame : sorted) {
      boolean overlaps = frame.packOffset() < to;
      if (overlaps || frame.packOffset() - to > BRIDGE_BYTES) {
        add(runs, from, to, run);
        run = new ArrayList<>();
        from = frame.packOffset();
      }
      run.add(frame);
      to = Math.max(to, frame.packOffset() + frame.storedLength());
    }
    add(runs, from, to, run);
    return runs;
  }

  private static void add(List<PackRun> runs, long from, long to, List<Frame> run) {
    if (!run.isEmpty()) {
      runs.add(new PackRun(from, to, run));
    }
  }
}
