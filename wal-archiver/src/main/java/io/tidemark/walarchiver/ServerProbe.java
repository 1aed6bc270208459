package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.ReplicationException;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.SlotPosition;
import io.tidemark.postgres.SystemIdentity;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.TimelineHistory.Switch;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.WalArchive;
import io.tidemark.walarchiver.ServerView.SlotView;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks a server over its replication connection what it is. */
record ServerProbe(ReplicationConnection connection, SlotName slot) {
  private static final Timeline FIRST = new Timeline(1);
  private static final Pattern SIZE = Pattern.compile("(\\d+)(MB|GB)");

  /** The server as it is now. */
  ServerView look() {
    SystemIdentity identity = connection.identifySystem();
    return new ServerView(
        identity.systemId(),
        segmentSize(connection.show("wal_segment_size")),
        history(identity.timeline()),
        identity.flushed(),
        slotView());
  }

  /** The server's major version. */
  PostgresMajor major() {
    return PostgresMajor.of(Integer.parseInt(connection.show("server_version_num")) / 10_000);
  }

  /** Makes our slot, instead of one that has lost its WAL. */
  SlotPosition makeSlot(boolean replace) {
    if (replace) {
      connection.dropSlot(slot);
    }
    return connection.createPhysicalSlot(slot, true, false);
  }

  /**
   * Puts the history files of the server's timeline and of its ancestors: all before any WAL of
   * that timeline, or a reader would stay on the old one without a word.
   */
  void putHistories(WalArchive archive, TimelineHistory history) {
    for (Switch ancestor : history.switches()) {
      if (!ancestor.from().equals(FIRST) && archive.historyFile(ancestor.from()).isEmpty()) {
        putAncestor(archive, ancestor.from());
      }
    }
    if (!history.timeline().equals(FIRST)) {
      byte[] file = connection.timelineHistory(history.timeline()).content();
      archive.putHistory(history.timeline(), file);
    }
  }

  private void putAncestor(WalArchive archive, Timeline timeline) {
    byte[] file;
    try {
      file = connection.timelineHistory(timeline).content();
    } catch (ReplicationException e) {
      // A server that was restored has the file of its own timeline, which names all ancestors;
      // it need not have theirs.
      return;
    }
    archive.putHistory(timeline, file);
  }

  private TimelineHistory history(Timeline timeline) {
    return timeline.equals(FIRST)
        ? TimelineHistory.root(timeline)
        : TimelineHistory.parse(timeline, connection.timelineHistory(timeline).content());
  }

  private SlotView slotView() {
    Optional<SlotPosition> found = connection.readSlot(slot);
    if (found.isEmpty()) {
      return new SlotView.Missing();
    }
    return found.get().restart().<SlotView>map(SlotView.Holding::new).orElseGet(SlotView.Lost::new);
  }

  static WalSegmentSize segmentSize(String shown) {
    Matcher matcher = SIZE.matcher(shown);
    if (!matcher.matches()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "the server's wal_segment_size is '" + shown + "'; expected a size such as 16MB",
          "");
    }
    int unit = matcher.group(2).equals("GB") ? 1 << 30 : 1 << 20;
    return new WalSegmentSize(Math.multiplyExact(Integer.parseInt(matcher.group(1)), unit));
  }
}
