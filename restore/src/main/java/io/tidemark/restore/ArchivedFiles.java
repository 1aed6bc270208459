package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.SegmentContent;
import io.tidemark.repository.WalArchive;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers for a file of WAL by its name, as PostgreSQL asks. Says "absent" only where the archive
 * was reached, does not have the file, and does not have anything after it either; or where the
 * recovery has a target that lies before it, and so cannot end by missing it.
 */
final class ArchivedFiles {
  private static final Pattern HISTORY = Pattern.compile("([0-9A-F]{8})\\.history");

  private final WalArchive archive;
  private final WalSegmentSize segmentSize;
  private final Optional<TimelineHistory> path;
  private final Optional<Lsn> until;

  /**
   * @param path the timelines along which this recovery goes; empty where it follows the newest
   * @param until the recovery ends before, at its target
   */
  ArchivedFiles(
      WalArchive archive,
      WalSegmentSize segmentSize,
      Optional<TimelineHistory> path,
      Optional<Lsn> until) {
    this.archive = archive;
    this.segmentSize = segmentSize;
    this.path = path;
    this.until = until;
  }

  /** For the recovery that a stage serves. */
  static ArchivedFiles of(WalArchive archive, WalSegmentSize segmentSize, WalStage stage)
      throws IOException {
    return of(archive, segmentSize, RecoveryWay.read(stage));
  }

  /** For a recovery that goes a way, or follows the newest timeline. */
  static ArchivedFiles of(
      WalArchive archive, WalSegmentSize segmentSize, Optional<RecoveryWay> way) {
    return new ArchivedFiles(
        archive,
        segmentSize,
        way.map(known -> known.history(archive)),
        way.flatMap(RecoveryWay::until));
  }

  /**
   * A file of WAL.
   *
   * @param complete whether it is as the archive has it for ever: not so for the segment that is
   *     being written, nor where this recovery leaves its timeline within it
   */
  record WalFile(ByteBuffer content, boolean complete) {}

  /**
   * A file's content, or empty where the archive has none.
   *
   * @throws TidemarkException WAL_GAP where WAL after it is archived, and what the archive throws
   *     where it cannot be reached or is damaged
   */
  Optional<WalFile> get(String name) {
    Matcher history = HISTORY.matcher(name);
    if (history.matches()) {
      return archive
          .historyFile(Timeline.parseHex(history.group(1)))
          .map(file -> new WalFile(ByteBuffer.wrap(file), true));
    }
    if (!WalSegment.isName(name)) {
      return Optional.empty(); // such as a backup history file: recovery does not need it
    }
    WalSegment segment = WalSegment.parse(name, segmentSize);
    Optional<WalFile> found = find(segment);
    return found.isPresent() || isLeft(segment) || isBeyond(segment) ? found : lookAgain(segment);
  }

  /**
   * Hands over a complete segment piece by piece.
   *
   * @param sink as for {@link WalArchive#readWhole}
   * @return false where there is none, for whatever reason; the sink was then given nothing
   */
  boolean copyComplete(WalSegment segment, Consumer<ByteBuffer> sink) {
    return servesComplete(segment) && archive.readWhole(segment, sink);
  }

  /** Whether it has no way that it goes, as a standby. */
  boolean followsNewest() {
    return path.isEmpty();
  }

  /** Whether a segment that is whole in the archive is given to this recovery as it is there. */
  boolean servesComplete(WalSegment segment) {
    return whereLeft(segment.timeline()).isAtLeast(segment.end());
  }

  /** A segment's content; empty where it is not there, for whatever reason. */
  private Optional<WalFile> find(WalSegment segment) {
    if (isLeft(segment)) {
      return Optional.empty();
    }
    Lsn left = whereLeft(segment.timeline());
    return switch (archive.read(segment)) {
      case SegmentContent.Whole(ByteBuffer raw) ->
          Optional.of(new WalFile(upTo(left, segment, raw), left.isAtLeast(segment.end())));
      case SegmentContent.Composed(ByteBuffer raw, _) ->
          Optional.of(new WalFile(upTo(left, segment, raw), false));
      case SegmentContent.Absent() -> Optional.empty();
    };
  }

  /** The segment that recovery asks for after {@code segment}, as far as the path is known. */
  WalSegment after(WalSegment segment) {
    WalSegment next = segment.next();
    return path.isPresent() ? next.on(timelineOf(path.get(), next)) : next;
  }

  /** Whether the recovery reaches its target before it comes to the segment. */
  boolean isBeyond(WalSegment segment) {
    return until.isPresent() && segment.start().isAtLeast(until.get());
  }

  /** PostgreSQL reads a segment from the newest timeline that began in it or before. */
  private static Timeline timelineOf(TimelineHistory history, WalSegment segment) {
    return history.timelineAt(new Lsn(segment.end().value() - 1));
  }

  /** Whether this recovery has left the segment's timeline before it. */
  private boolean isLeft(WalSegment segment) {
    return !segment.start().isBefore(whereLeft(segment.timeline()));
  }

  /**
   * Where the path leaves a timeline; the highest address for the last, or where there is no path.
   */
  private Lsn whereLeft(Timeline timeline) {
    return path.stream()
        .flatMap(history -> history.switches().stream())
        .filter(change -> change.from().equals(timeline))
        .findFirst()
        .map(TimelineHistory.Switch::at)
        .orElse(new Lsn(-1L));
  }

  /** What the old primary wrote after the switch must not be replayed: zeros end the WAL there. */
  private static ByteBuffer upTo(Lsn left, WalSegment segment, ByteBuffer raw) {
    if (left.isAtLeast(segment.end())) {
      return raw;
    }
    ByteBuffer cut = ByteBuffer.allocate(raw.remaining());
    int keep = segment.size().offsetOf(left);
    cut.put(0, raw, raw.position(), keep);
    return cut;
  }

  /** The archiver may have put the segment, and more, after it was not found. */
  private Optional<WalFile> lookAgain(WalSegment segment) {
    Optional<TimelineInventory> timeline = archive.inventory().of(segment.timeline());
    Optional<Lsn> frontier = timeline.flatMap(TimelineInventory::frontier);
    if (frontier.isEmpty() || !frontier.get().isAfter(segment.start())) {
      return Optional.empty();
    }
    Optional<WalFile> found = find(segment);
    if (found.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.WAL_GAP,
          "%s is not in the archive, which goes on to %s".formatted(segment, frontier.get()),
          "recovery cannot pass this gap: restore to a target before " + segment.start());
    }
    return found;
  }
}
