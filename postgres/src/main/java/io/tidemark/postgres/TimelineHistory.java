package io.tidemark.postgres;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The ancestry of a timeline, as in {@code 00000003.history}: on which earlier timelines its WAL
 * lies, and where each was left (timeline.c in PostgreSQL).
 *
 * @param timeline whose history it is
 * @param switches the ancestors, oldest first; empty for timeline 1
 */
public record TimelineHistory(Timeline timeline, List<Switch> switches) {

  /**
   * One ancestor.
   *
   * @param from the ancestor
   * @param at its WAL counts up to here, exclusive
   * @param reason why it was left, free text
   */
  public record Switch(Timeline from, Lsn at, String reason) {}

  public TimelineHistory {
    switches = List.copyOf(switches);
    for (int i = 0; i < switches.size(); i++) {
      Timeline next = i + 1 < switches.size() ? switches.get(i + 1).from() : timeline;
      if (next.compareTo(switches.get(i).from()) <= 0
          || (i > 0 && switches.get(i).at().isBefore(switches.get(i - 1).at()))) {
        throw new IllegalArgumentException(
            "the history of timeline " + timeline + " does not ascend at its line " + (i + 1));
      }
    }
  }

  /** The history of a timeline without ancestors. */
  public static TimelineHistory root(Timeline timeline) {
    return new TimelineHistory(timeline, List.of());
  }

  /** Reads a history file. Throws IllegalArgumentException where it is not one. */
  public static TimelineHistory parse(Timeline timeline, byte[] file) {
    List<Switch> switches = new ArrayList<>();
    for (String line : new String(file, StandardCharsets.UTF_8).lines().toList()) {
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      String[] parts = text.split("\\s+", 3);
      if (parts.length < 2) {
        throw new IllegalArgumentException(
            "not a line of " + timeline.historyFileName() + ": '" + text + "'");
      }
      switches.add(
          new Switch(
              new Timeline(Integer.parseUnsignedInt(parts[0])),
              Lsn.parse(parts[1]),
              parts.length > 2 ? parts[2] : ""));
    }
    return new TimelineHistory(timeline, switches);
  }

  /** Where the timeline itself begins: the last switch point, or LSN zero. */
  public Lsn start() {
    return switches.isEmpty() ? Lsn.ZERO : switches.getLast().at();
  }

  /** The timeline that it was forked from. */
  public Optional<Timeline> parent() {
    return switches.isEmpty() ? Optional.empty() : Optional.of(switches.getLast().from());
  }

  /** On which timeline the byte at {@code lsn} lies, on the way to this one. */
  public Timeline timelineAt(Lsn lsn) {
    for (Switch ancestor : switches) {
      if (lsn.isBefore(ancestor.at())) {
        return ancestor.from();
      }
    }
    return timeline;
  }

  /**
   * Whether a server at {@code lsn} of {@code from} can be recovered along this history: {@code
   * from} is on it, and was left at or after {@code lsn}.
   */
  public boolean leadsFrom(Timeline from, Lsn lsn) {
    if (from.equals(timeline)) {
      return true;
    }
    return switches.stream().anyMatch(s -> s.from().equals(from) && s.at().isAtLeast(lsn));
  }
}
